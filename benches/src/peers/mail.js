// How many mails a second nodemailer's pool sends: the port, then the text.
const nodemailer = require("nodemailer");
const [port, text] = process.argv.slice(-2);
const pool = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true,
  maxConnections: 8, maxMessages: Infinity,
});
const mails = 1500;
const send = (n) => pool.sendMail({
  from: "西关社区 <office@example.org>", to: `居民${n} <r${n}@example.org>`,
  subject: "明天：邻里议事日", text: `${n} ${text}`,
  html: `<p>${n} ${text.replaceAll("\n", "<br>")}</p>`,
});
const start = process.hrtime.bigint();
Promise.all(Array.from({ length: mails }, (_, n) => send(n))).then(() => {
  console.log(mails / (Number(process.hrtime.bigint() - start) / 1e9));
  pool.close();
});
