"""What people who mean harm type where a name is asked for. Each holds a word to read, so that no line goes missing."""

from __future__ import annotations

from collections.abc import Mapping

INJECTIONS: Mapping[str, str] = {
    # Into the headers, the parts or the form.
    "header": "Ana\r\nBcc: thief@evil.example",
    "header_bare_lf": "Ana\nSubject: You have won",
    "header_unicode_breaks": "Ana\u2028Bcc: thief@evil.example\u0085X: 1\u2029Y: 2",
    "header_vertical_tab": "Ana\x0bBcc: thief@evil.example\x0cX: 1",
    "header_fold": "Ana\r\n\tfolded: on",
    "end_of_headers": "Ana\r\n\r\n<h1>Pay here</h1>",
    "mime_boundary": "Ana\r\n--=_5f0c9a527d0b4a439d3e2f6b1c8e4a11\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
    "mime_boundary_end": "Ana --=_5f0c9a527d0b4a439d3e2f6b1c8e4a11-- gone",
    "encoded_word": "Ana =?utf-8?q?=0D=0ABcc:_thief=40evil.example?=",
    "encoded_word_base64": "=?utf-8?b?QmNjOiB0aGllZkBldmlsLmV4YW1wbGU=?= Ana",
    "quoted_printable": "Ana =0D=0A=3Cscript=3E",
    "mailbox": '"Ana" <thief@evil.example>, other@evil.example',
    "smtp_end": "Ana\r\n.\r\nMAIL FROM:<thief@evil.example>\r\n",
    "form_field": "Ana&To=%2B34999999999&Body=pay",
    "json_break": 'Ana"},"to":"+34999999999","x":{"a":"',
    # Into the language of templates.
    "jinja": "Ana {{ 7*7 }} {{7*7}}",
    "jinja_attribute": "{{ ''.__class__.__mro__[1].__subclasses__() }} Ana",
    "jinja_block": "Ana {% for x in range(999999999) %}x{% endfor %}",
    "jinja_comment": "Ana {# gone #} {%- raw -%}",
    "whatsapp_placeholder": "Ana {{1}} {{99}}",
    "format_string": "Ana {0.__class__} %(x)s %s ${7*7} #{7*7} <%= 7*7 %>",
    "mjml": "Ana <mj-text>x</mj-text> <mj-raw>",
    # Into the markup.
    "script": "Ana<script>alert(1)</script>",
    "script_end": "Ana</script><script src=//evil.example/x.js></script>",
    "script_comment": "Ana<!--<script>",
    "image": "Ana<img src=x onerror=alert(1)>",
    "attribute": 'Ana" onmouseover="alert(1)" x="',
    "attribute_single": "Ana' style='position:fixed;inset:0' x='",
    "style_end": "Ana</style><style>body{display:none}</style>",
    "css": "Ana;}body{background:url(https://evil.example/x)}",
    "title_end": "Ana</title></head><body><form action=https://evil.example>",
    "conditional_comment": "Ana<!--[if mso]><a href='https://evil.example'>x</a><![endif]-->",
    "entities": "Ana &lt;b&gt; &#60;b&#62; &#x3c;b&#x3e;",
    "cell_end": "Ana</td></tr></table><a href=https://evil.example>Track</a>",
    "data_url": "Ana data:text/html;base64,PHNjcmlwdD4=",
    "javascript_url": "Ana javascript:alert(document.domain)",
    # Into a link.
    "link": "Ana https://evil.example/pay?me=1",
    "shortener": "Ana bit.ly/x wa.me/34999999999 t.me/x",
    "bare_host": "Ana www.evil.com evil.com evil.co.uk/x",
    "host_at_the_end": "Gana un iPhone en evil.com",
    "markdown_link": "[Ana](https://evil.example) <https://evil.example>",
    "mail_address": "Ana thief@evil.com mailto:thief@evil.com",
    "ip_address": "Ana 203.0.113.7/pay 203.0.113.7:8080",
    "fullwidth_host": "Ana ｅｖｉｌ．ｃｏｍ evil。com evil｡com evil․com",
    "homoglyph_host": "Ana lіbreriafaro.com сorreos.es",
    "foreign_host": "Ana пример.рф 例え.中国 xn--e1afmkfd.xn--p1ai",
    "hidden_in_host": "Ana evil.\u200bcom evil\u2060.com evil.\u00adcom evil.\ufe0fcom evil.\u0301com",
    "emoji_in_host": "Ana evil.😀com evil😀.com",
    "scheme_of_a_program": "Ana intent://evil#Intent;end tel:+34806000000 sms:7777 whatsapp://send",
    "phone": "Ana, llame al 806 000 000 (+34806000000)",
    # Against the eye.
    "right_to_left": "Ana \u202egnp.exe\u202c \u2066x\u2069 \u200fb\u061c",
    "zero_width": "A\u200bn\u200ca\u200d \ufeff\u2060",
    "controls": "Ana\x07\x08\x1b[31m\x7f\x9b2J",
    "tags": "Ana \U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065",
    "blanks": "Ana \u3164\u115f\u2800\uffa0",
    "pile_of_marks": "A" + "\u0336\u0322\u0321\u0327\u031b\u0308" * 6 + "na",
    "noncharacters": "Ana \ufffe\uffff \U0001fffe \ue000",
    # Into WhatsApp's and SMS's own ways.
    "whatsapp_marks": "*Ana* _urgente_ ~no~ ```pague``` `x`",
    "whatsapp_loose_mark": "Ana *pague ahora",
    "whatsapp_new_lines": "Ana\n\n\nPague\there      ahora",
    "gsm7_extension": "Ana ^{}\\[~]|€ \x1b\x0c",
    "sms_not_in_alphabet": "Аня 安 😀👩‍👩‍👧🇪🇸",
    "one_long_word": "Ana" + "x" * 190,
}

REFUSED_AT_THE_DOOR: Mapping[str, str] = {"nul": "Ana\x00Bcc: x", "surrogate": "Ana\ud800", "endless": "Ana" * 100}
"""No field of the contracts takes these."""
