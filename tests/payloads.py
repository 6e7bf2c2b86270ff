"""Fifty texts that try to become something else than text in a page: markup, attributes, addresses, scripts, templates."""

FAR = "http://far.invalid"
"""Where a payload calls home; nothing may ever ask for it."""
PAYLOADS = [
    "<script>alert(1)</script>", "<ScRiPt>alert(2)</ScRiPt>", "<script src=" + FAR + "/x.js></script>", "</script><script>alert(3)</script>",
    "<img src=x onerror=alert(4)>", f"<img src={FAR}/i.png>", "<svg onload=alert(5)>", "<svg><script>alert(6)</script></svg>", "<svg><animate onbegin=alert(7) attributeName=x dur=1s>",
    f"<svg><image href={FAR}/s.png /></svg>", f"<svg><use href={FAR}/u.svg#a /></svg>", "<body onload=alert(8)>", "<iframe src=javascript:alert(9)></iframe>", "<iframe srcdoc='<script>alert(10)</script>'></iframe>",
    f"<iframe src={FAR}/f></iframe>", f"<object data={FAR}/o></object>", f"<embed src={FAR}/e>", f"<link rel=stylesheet href={FAR}/c.css>", f"<link rel=prefetch href={FAR}/p>",
    f"<meta http-equiv=refresh content='0;url={FAR}/r'>", f"<base href={FAR}/>", f"<style>body{{background:url({FAR}/b)}}</style>", f"<style>@import '{FAR}/m.css';</style>", f"<p style='background:url({FAR}/st)'>",
    "\" onmouseover=\"alert(11)", "' onfocus='alert(12)' autofocus='", "\"><script>alert(13)</script>", "'><img src=x onerror=alert(14)>", "x\" style=\"position:fixed;inset:0", "` onerror=alert(15) `",
    "javascript:alert(16)", "JaVaScRiPt:alert(17)", "java\tscript:alert(18)", "\x01javascript:alert(19)", "data:text/html,<script>alert(20)</script>", "vbscript:msgbox(21)",
    "<a href=javascript:alert(22)>x</a>", "<form action=javascript:alert(23)><button>x</button></form>", "<details open ontoggle=alert(24)>", f"<video poster={FAR}/v src={FAR}/v></video>", f"<audio src={FAR}/a autoplay></audio>",
    "<input autofocus onfocus=alert(25)>", "<math><maction href=javascript:alert(26)>x</maction></math>", "<template><script>alert(27)</script></template>", "<noscript><img src=x onerror=alert(28)></noscript>",
    "{{ 7 * 7 }}{% raw %}", "${alert(29)}", "--><script>alert(30)</script><!--", "]]><script>alert(31)</script>", "&lt;script&gt;alert(32)&lt;/script&gt;",
]  # fmt: skip
