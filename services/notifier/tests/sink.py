"""A real SMTP server for the tests: it stores what it gets, parsed by another parser than ours.

It prints its port, writes one JSON file for each mail into --dir and keeps stats.json there.
What a recipient's local part begins with decides what becomes of the mail:
  unknown-    550 5.1.1 to RCPT          busy-    450 4.7.1 with a word about the rate
  full-       452 4.3.1 to RCPT          spam-    554 5.7.1 to the body
  gone-       hangs up at RCPT           drop-    hangs up after the body, without an answer
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

REFUSED = {
    "unknown-": "550 5.1.1 No such user here",
    "busy-": "450 4.7.1 Sending rate exceeded, slow down",
    "full-": "452 4.3.1 Insufficient system storage",
}


class Sink:
    def __init__(self, options):
        self.options = options
        self.open = self.peak = self.connections = self.mails = 0
        self.held = []

    def connected(self):
        self.open += 1
        self.connections += 1
        self.peak = max(self.peak, self.open)
        self.tell()

    def disconnected(self):
        self.open -= 1
        self.tell()

    def tell(self):
        stats = {
            "connections": self.connections,
            "open": self.open,
            "peak": self.peak,
            "mails": self.mails,
        }
        self.write("stats.json", stats)

    def write(self, name, value):
        path = os.path.join(self.options.dir, name)
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False)
        os.replace(path + ".part", path)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if self.options.pipelining:
            responses.insert(0, "250-PIPELINING")
        return responses

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        envelope.mail_from = address
        # What has arrived beside MAIL before it was answered.
        envelope.pipelined = b"RCPT" in bytes(server._reader._buffer)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("gone-"):
            server.transport.abort()
            return "250 2.1.5 OK"
        for start, answer in REFUSED.items():
            if address.startswith(start):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if to.startswith("spam-"):
            return "554 5.7.1 This looks like spam"
        await self.hold()
        self.mails += 1
        self.write(f"{self.mails}.json", self.parsed(server, session, envelope))
        self.tell()
        if to.startswith("drop-"):
            server.transport.abort()
        server.carried += 1
        if server.carried == self.options.per_connection:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return "250 2.0.0 OK"

    async def hold(self):
        """Keeps mails in hand until as many have come together as --hold says."""
        if self.options.hold < 2:
            return
        mine = asyncio.get_running_loop().create_future()
        self.held.append(mine)
        if len(self.held) == self.options.hold:
            for held in self.held:
                held.set_result(None)
            self.held = []
        await mine

    def parsed(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [
            {
                "type": part.get_content_type(),
                "charset": part.get_content_charset(),
                "file": part.get_filename(),
                "disposition": part.get_content_disposition(),
                "method": part.get_param("method"),
                "content": part.get_content(),
            }
            for part in message.walk()
            if not part.is_multipart()
        ]
        return {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "user": getattr(session, "login", None),
            "tls": server.transport.get_extra_info("sslcontext") is not None,
            "pipelined": envelope.pipelined,
            "type": message.get_content_type(),
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [str(defect) for part in message.walk() for defect in part.defects],
            "lines_max": max(len(line) for line in envelope.content.split(b"\r\n")),
            "bare_newlines": envelope.content.replace(b"\r\n", b"").count(b"\n"),
            "parts": parts,
        }


class Conversation(SMTP):
    carried = 0

    def connection_made(self, transport):
        # After STARTTLS this is called once more, for the same connection.
        if self.transport is None:
            self.event_handler.connected()
        super().connection_made(transport)

    def connection_lost(self, error):
        self.event_handler.disconnected()
        super().connection_lost(error)


def account(expected):
    def check(server, session, envelope, mechanism, data):
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        given = f"{data.login.decode()}:{data.password.decode()}"
        session.login = data.login.decode()
        return AuthResult(success=given == expected, handled=False)

    return check


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--pipelining", action="store_true")
    parser.add_argument("--hold", type=int, default=0)
    parser.add_argument("--per-connection", type=int, default=0)
    parser.add_argument("--account")
    parser.add_argument("--starttls", nargs=2)
    parser.add_argument("--tls", nargs=2)
    options = parser.parse_args()
    # A client that refuses our certificate is part of the test, not a fault to print.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
    sink = Sink(options)
    sink.tell()
    context = None
    if options.starttls or options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*(options.starttls or options.tls))
    settings = {"hostname": "sink.localhost", "enable_SMTPUTF8": True}
    if options.account:
        settings |= {
            "authenticator": account(options.account),
            "auth_required": True,
            "auth_require_tls": bool(options.starttls),
        }
    if options.starttls:
        settings |= {"tls_context": context, "require_starttls": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: Conversation(sink, **settings),
        "127.0.0.1",
        0,
        ssl=context if options.tls else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
