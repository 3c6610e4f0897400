"""The HTTP/1.1 client of the load generator: quick, exact about times, and calm about whatever a target does.

`agent.py` is what a virtual user calls, `client.py` what all users of a process share. `request.py` and `exchange.py` are
what goes in and comes out, `failures.py` names what can go wrong, `options.py` is what can be set.

Below them: `urls.py` and `wire.py` make the bytes of a request, `connection.py` sends them and reads the answer,
`dialling.py` opens connections, `names.py` looks names up, `cookies.py`, `redirects.py` and `encodings.py` are what
HTTP adds, `deadlines.py` ends what takes too long, `slots.py` limits how many connections there are.

There are no proxies and no HTTP/2: a load generator that goes through a proxy measures the proxy.
"""
