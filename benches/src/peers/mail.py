"""How many mails a second smtplib sends over eight connections: the port, then the text."""

import smtplib
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

PORT, TEXT = int(sys.argv[1]), sys.argv[2]
EACH = 60


def send(worker):
    with smtplib.SMTP("127.0.0.1", PORT) as smtp:
        for n in range(EACH):
            mail = EmailMessage()
            mail["From"] = "office@example.org"
            mail["To"] = f"r{worker}-{n}@example.org"
            mail["Subject"] = "明天：邻里议事日"
            mail.set_content(f"{n} {TEXT}")
            mail.add_alternative(f"<p>{n} {TEXT}</p>".replace("\n", "<br>"), subtype="html")
            smtp.send_message(mail)


start = time.perf_counter()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(send, range(8)))
print(8 * EACH / (time.perf_counter() - start))
