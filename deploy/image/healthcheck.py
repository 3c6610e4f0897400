"""Asks the process of this container whether it makes progress; ends with 0 if it does."""  # noqa: INP001 - a script

from __future__ import annotations

import os
import sys
import urllib.request

PATIENCE = 4.0  # seconds: less than the health check's own

host = os.environ.get("NATALIS_HOST", "127.0.0.1")
host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what it listens on, not what is asked
port = os.environ.get("METRICS_PORT", "9464")
if port == "0":  # then only the API can tell
    port = os.environ.get("NATALIS_PORT", "3000")
url = f"http://{f'[{host}]' if ':' in host else host}:{port}/health"
directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever HTTP_PROXY says
try:
    directly.open(url, timeout=PATIENCE).close()
except OSError as error:  # refused, too late, or an answer other than 200
    sys.exit(f"{url}: {error}")
