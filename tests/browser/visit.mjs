// Opens a page in headless Chromium and says what a person would find there.
// node visit.mjs URL [--shot FILE] [--width PX] [--dark] [--full]
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const tools = fileURLToPath(new URL("../../.tools/", import.meta.url));
const { chromium } = createRequire(tools)("playwright-core");

const [url, ...options] = process.argv.slice(2);
const option = (name) => {
  const at = options.indexOf(name);
  return at < 0 ? undefined : options[at + 1];
};

const browser = await chromium.launch({
  executablePath: process.env.LINLI_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = await browser.newPage({
  viewport: { width: Number(option("--width") ?? 1200), height: 900 },
  colorScheme: options.includes("--dark") ? "dark" : "light",
  locale: "zh-CN",
  timezoneId: "Asia/Shanghai",
});
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));
const answer = await page.goto(url, { waitUntil: "load" });
if (option("--shot")) {
  await page.screenshot({ path: option("--shot"), fullPage: options.includes("--full") });
}
const found = {
  status: answer.status(),
  title: await page.title(),
  text: await page.innerText("body"),
  overflows: await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  ),
  complaints,
};
console.log(JSON.stringify(found));
await browser.close();
