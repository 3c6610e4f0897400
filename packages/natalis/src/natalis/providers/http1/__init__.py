"""Calls over HTTP/1.1 on connections that are kept: what one needs to post messages, and no more.

`reading.py` makes answers of bytes, `line.py` is one connection, `dialing.py` makes them, `lines.py` keeps them. There
are no redirects, cookies, proxies or compression, and nothing is ever sent twice (docs/decisions/0021-http-client.md).
"""
