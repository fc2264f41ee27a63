"""Mutants of what tells buyers: the notifier's ledger, its sender, its channels and its words."""

from __future__ import annotations

from tests.mutants.mutant import Edit, Mutant

INTAKE = "services/notifier/intake.py"
QUEUE = "services/notifier/queue.py"
TWICE = frozenset({"duplicates.message", "duplicates.body"})

TELLING_MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "what comes twice is told twice",
        "each step is taken in once: by the inbox, by its messages' ids, and by the ledger's UNIQUE behind them",
        (
            Edit("shared/messaging/inbox.py", "        if identity in won:\n", "        if identity in known:\n"),
            Edit(INTAKE, "        id=message_id(step, verdict.recipient, verdict.channel),\n", "        id=uuid4(),\n"),
            Edit(INTAKE, "import NAMESPACE_URL, UUID, uuid5\n", "import NAMESPACE_URL, UUID, uuid4, uuid5\n"),
            Edit(
                "services/notifier/migrations/versions/0001_first.py",
                "        UNIQUE (shop, order_id, step, occurrence, parcel, recipient, channel)\n",
                "        CHECK (true)\n",
            ),
        ),
        "the relay dies",
        TWICE | {"loss.verdict"},
    ),
    Mutant(
        "doubt is tried again",
        "a message of which nobody knows whether it left is not sent again blindly",
        (Edit("services/notifier/sending/landing.py", "    OutcomeClass.AMBIGUOUS: State.UNKNOWN,\n", ""),),
        "taken, and cut off",
        TWICE,
    ),
    Mutant(
        "a sender's death is forgotten",
        "what was in flight when its sender died is unknown, never planned again",
        (Edit(QUEUE, "_end(tx, State.UNKNOWN, \"'sender_lost", "_end(tx, State.FROZEN, \"'sender_lost"),),
        "the sender dies",
        TWICE | {"loss.denied"},  # the second time it may be overtaken: then it is called off, although it was heard
    ),
    Mutant(
        "a key for each attempt",
        "a provider that honours keys gets the same one with every attempt at a message",
        (
            Edit(
                "services/notifier/channels/sms_http.py",
                "headers[description.idempotency.header] = str(message_id)\n",
                'headers[description.idempotency.header] = __import__("secrets").token_hex(16)\n',
            ),
        ),
        "a careful provider, cut off",
        TWICE,
    ),
    Mutant(
        "no order gate",
        "what one person hears on one channel is in the order in which it happened",
        (
            Edit(QUEUE, '_GATE = """\n    NOT EXISTS (\n', '_GATE = """\n    :hold > 0 OR NOT EXISTS (\n'),
            Edit(
                QUEUE,
                "        f\"WHERE m.state = 'planned' AND {_DUE} AND {_GATE} \"\n",
                "        f\"WHERE m.state = 'planned' AND {_DUE} AND ({_GATE}) \"\n",
            ),
            Edit(QUEUE, "= :provider AND {_DUE} AND {_GATE} {''", "= :provider AND {_DUE} AND ({_GATE}) {''"),
        ),
        "the mail server is busy",
        frozenset({"order.rank"}),
    ),
    Mutant(
        "stale is told",
        "what later facts have made untrue is not told: not planned, and called off when it was planned",
        (
            Edit("services/notifier/domain/plan.py", "    if not step.still_true:\n", "    if False:\n"),
            Edit(
                "services/notifier/sending/overtaking.py",
                "    return await ledger.change(tx, found)\n",
                "    return []\n",
            ),
        ),
        "an ordinary day",
        frozenset({"order.rank", "order.untrue"}),
    ),
    Mutant(
        "nothing is ever too old",
        "what is not worth telling any more is not told",
        (
            Edit(
                "services/notifier/domain/urgency.py",
                "    return TIMINGS[step].true_for\n",
                "    return TIMINGS[step].true_for * 100\n",
            ),
        ),
        "yesterday's news",
        frozenset({"timing.late"}),
    ),
    Mutant(
        "written anew at each attempt",
        "the bytes that go out are those that were frozen before the first attempt",
        (
            Edit(
                "services/notifier/channels/email.py",
                "        return await self._connections.send(self._sender.addr_spec, recipient, request.body)\n",
                """        written_anew = request.body.replace(b"Date: ", b"Date:  ", 1)
        return await self._connections.send(self._sender.addr_spec, recipient, written_anew)
""",
            ),
        ),
        "an ordinary day",
        frozenset({"content.bytes"}),
    ),
    Mutant(
        "somebody else's address",
        "a message goes to the person of its own order",
        (
            Edit(
                INTAKE,
                "        address=address_of(decided.people[verdict.recipient], verdict.channel),\n",
                """        address=_new_message.__dict__.setdefault(
            f"{step.shop} {verdict.channel}", address_of(decided.people[verdict.recipient], verdict.channel)
        ),
""",
            ),
        ),
        "an ordinary day",
        frozenset({"content.recipient"}),
    ),
    Mutant(
        "an SMS without a phone to call",
        "every message about a parcel names carrier, reference, phone, link and what happens next",
        (
            Edit(
                "services/notifier/messages/es.toml",
                "{{ carrier }}, ref. {{ reference }}, tel. {{ phone }}. {{ link }}",
                "{{ carrier }}, ref. {{ reference }}. {{ link }}",
            ),
            Edit(
                "services/notifier/wording/facts.py",
                "            raise MissingFact(fact, where)\n",
                "            continue\n",
            ),
        ),
        "an ordinary day",
        frozenset({"content.fact"}),
    ),
    Mutant(
        "a receipt of another message",
        "a receipt moves the message that it is about, and no other",
        (
            Edit(
                "services/notifier/receipts.py",
                '"(id = :message OR (',
                '"(id = (SELECT n.id FROM messages m JOIN messages n USING (shop, order_id, recipient, channel) '
                "WHERE m.id = :message AND n.sequence > m.sequence ORDER BY n.sequence LIMIT 1) OR (",
            ),
        ),
        "an ordinary day",
        frozenset({"receipts.unheard", "receipts.invented"}),
    ),
    Mutant(
        "an address in a log",
        "no log holds a buyer's address",
        (
            Edit(
                "services/notifier/sender.py",
                '                if row["id"] in cleared:\n',
                """                if row["id"] in cleared:
                    print(row["address"], flush=True)
""",
            ),
        ),
        "an ordinary day",
        frozenset({"hygiene.personal_data"}),
    ),
)
