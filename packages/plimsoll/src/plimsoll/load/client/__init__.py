"""The HTTP/1.1 client of the load generator: quick, exact about times, and calm about whatever a target does.

`agent.py` is what a virtual user calls with, `client.py` what all users of a process share. `request.py` and
`exchange.py` are what goes in and comes out, `failures.py` names what can go wrong, `options.py` is what can be set.

Below them: `urls.py` and `wire.py` make the bytes of a request, `connection.py` sends them, `answers.py` reads what
comes back, `dialling.py` opens connections, `names.py` looks names up, `lanes.py` and `slots.py` hold and limit
connections, `deadlines.py` ends what takes too long; `cookies.py`, `redirects.py`, `encodings.py` and `headers.py` are
what HTTP adds.

There are no proxies and no HTTP/2: a load generator that goes through a proxy measures the proxy.
"""
