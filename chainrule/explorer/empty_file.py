"""The page as one file that asks nobody: scripts and styles inside, and a slot for what is kept.

Imports nothing of chainrule. page_files.py makes it of the built files; one_file.py, or the page
itself, puts into the slot what is to be kept.
"""

import base64
import hashlib
import re

EMPTY = "/one-file.html"  # its address
SLOT = '<script type="application/json" id="kept">null</script>'  # kept.ts looks for the same

# Without a server nothing is loaded at all: only the script and the styles inside, by their sums.
POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; "
    "base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
)
SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>chainrule</title>
<link rel="icon" href="data:image/svg+xml;base64,{icon}" type="image/svg+xml">
<style>{style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This file draws a graph with JavaScript, which is switched off here.</noscript>
{slot}
<script type="module">{script}</script>
</body>
</html>
"""


def empty_file(script: bytes, style: bytes, icon: bytes) -> bytes:
    """The whole file, with nothing kept in it."""
    program, rules = _inside_a_script(script.decode()), style.decode()
    if "</style" in rules.lower():
        raise ValueError("the styles hold the end of a style")
    policy = POLICY.format(script=_sum(program), style=_sum(rules))
    return SHELL.format(
        policy=policy,
        icon=base64.b64encode(icon).decode(),
        style=rules,
        slot=SLOT,
        script=program,
    ).encode()


def _inside_a_script(program: str) -> str:
    """The same program without what would end the element around it: these stand in texts only."""
    return re.sub(r"<(?=!--|/?script)", r"\\x3C", program, flags=re.IGNORECASE)


def _sum(text: str) -> str:
    found = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{found}'"
