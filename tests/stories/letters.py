"""Reads all mails of an outbox with Python's own parser, in the shape of the SMTP sink."""

import email
import email.policy
import json
import pathlib
import sys


def read(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    parts = [
        {"type": part.get_content_type(), "content": part.get_content()}
        for part in message.walk()
        if not part.is_multipart()
    ]
    return {
        "type": message.get_content_type(),
        "headers": [[name, str(value)] for name, value in message.items()],
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
        "parts": parts,
    }


print(json.dumps([read(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))]))
