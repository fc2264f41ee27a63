"""Every metric of every service, named once. Labels are words from our vocabulary, shops and topics: never an order,
a phone, an address or a token.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

ACCEPTED = Counter("otn_events_accepted_total", "Messages whose batch is settled", ["service", "topic"])
EVENTS = Counter("otn_events_total", "Facts taken in, by what became of them", ["service", "topic", "result"])
DEAD_LETTERS = Counter("otn_dead_letters_total", "Messages that could not be taken in", ["topic", "reason"])
PARKED_KEYS = Gauge("otn_parked_keys", "Parcels with facts whose order is not known yet")
UNMAPPED_CODES = Counter("otn_unmapped_codes_total", "Carrier codes without a row", ["carrier"])
CARRIER_CALLS = Counter(
    "otn_carrier_calls_total", "Pushes and answers, by what became of them", ["carrier", "way", "result"]
)
CARRIER_LAST_GOOD = Gauge("otn_carrier_last_good_timestamp_seconds", "The last good one", ["carrier", "way"])
CARRIER_SILENT = Gauge("otn_carrier_silent", "1: silent for longer than it usually is", ["carrier", "way"])
CARRIER_QUOTA_LEFT = Gauge("otn_carrier_quota_left", "Of today's questions, at the last one", ["carrier"])
CARRIER_DRIFT = Counter("otn_carrier_drift_total", "Payloads that change their shape", ["carrier", "way", "kind"])
CONSUMER_PROGRESS_AGE = Gauge("otn_consumer_progress_age_seconds", "Time since the consumer last got on", ["group"])
WATCHDOG_EXITS = Counter("otn_watchdog_exits_total", "Times the process ended itself for lack of progress", ["group"])
CONSUMER_LAG = Gauge("kafka_consumergroup_lag", "Messages not yet taken in", ["group", "topic", "partition"])
GROUP_LAG = Gauge(
    "kafka_consumergroup_group_lag", "The same, asked from outside the group", ["group", "topic", "partition"]
)
CONSUMED = Counter("messaging_client_consumed_messages", "Messages received from Kafka", ["destination"])
PUBLISHED = Counter("messaging_client_sent_messages", "Messages acknowledged by Kafka", ["destination"])
PROCESS_DURATION = Histogram(
    "messaging_process_duration_seconds", "One batch, from fetch to commit", ["destination"], buckets=SECONDS
)
PUBLISH_DURATION = Histogram(
    "messaging_client_operation_duration_seconds", "From send to acknowledgement", ["operation"], buckets=SECONDS
)
POOL_IN_USE = Gauge("otn_database_connections_in_use", "Of the pool, now", ["pool"])
POOL_WAIT = Histogram("otn_database_wait_seconds", "Waiting for a connection", ["pool"], buckets=SECONDS)
DEAD_ROWS = Gauge("otn_table_dead_rows", "Rows that autovacuum has not cleared yet", ["table"])
LOOP_LAG = Gauge("otn_event_loop_lag_seconds", "By how much the event loop was late, the worst of the last seconds")
OUTBOX_OLDEST = Gauge("otn_outbox_oldest_seconds", "Age of the oldest unpublished outbox row", ["service"])
HOUSEKEEPING = Counter("otn_housekeeping_total", "Rows deleted, months made or dropped", ["service", "duty"])
HOUSEKEEPING_FAILURES = Counter("otn_housekeeping_failures_total", "Tries that failed", ["service", "duty"])
PARTITION_OLDEST = Gauge("otn_partition_oldest_seconds", "Since the beginning of the oldest month kept", ["table"])
PARTITIONS_AHEAD = Gauge("otn_partitions_ahead", "Months after this one that are made already", ["table"])
DEFAULT_PARTITION_ROWS = Gauge("otn_default_partition_rows", "Rows that fall into no month", ["table"])
MESSAGES = Counter("otn_messages_total", "Messages to buyers by verdict", ["channel", "step", "state"])
PHONE_REFUSED = Counter("otn_phone_refused_total", "Verdicts against a phone for its cost", ["shop", "reason"])
MESSAGES_UNKNOWN = Gauge("otn_messages_unknown", "Messages of which nobody knows whether they went out")
IN_FLIGHT_OVERDUE = Gauge("otn_in_flight_overdue_seconds", "Since the oldest attempt should have ended by")
UNKNOWN_OLDEST = Gauge("otn_unknown_oldest_seconds", "Age of the oldest of them")
SEND_DURATION = Histogram(
    "otn_send_duration_seconds", "One call to a provider", ["provider", "outcome_class"], buckets=SECONDS
)
EVENT_TO_ACCEPT = Histogram(
    "otn_event_to_accept_seconds",
    "From the step being reached in tracking to the provider's yes",
    ["channel"],
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
KEY_USES = Counter("otn_api_key_uses_total", "Requests by key and what it opened", ["shop", "key", "result"])
KEY_ENDS = Gauge("otn_api_key_ends_timestamp_seconds", "When a key stops opening", ["shop", "key"])
HTTP_DURATION = Histogram(
    "http_server_request_duration_seconds", "HTTP requests served", ["route", "method", "status"], buckets=SECONDS
)
