// Takes a roll on a phone: signs in by the one-time link, looks people up, checks them in, and reads
// the roll again. Prints what a person would find.
// node roll.mjs LINK ROLL_URL NAME,NAME [--shot FILE]
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const tools = fileURLToPath(new URL("../../.tools/", import.meta.url));
const { chromium, devices } = createRequire(tools)("playwright-core");
const [link, roll, people, , shot] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.LINLI_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
const context = await browser.newContext({
  ...devices["Galaxy S5"],
  viewport: { width: 360, height: 740 },
  locale: "zh-CN",
  timezoneId: "Asia/Shanghai",
});
const page = await context.newPage();
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

await page.goto(link);
await Promise.all([page.waitForURL((at) => !at.pathname.startsWith("/sign-in")), page.locator("main form button").first().tap()]);
await page.goto(roll);
const sizes = [];
for (const name of people.split(",")) {
  await page.locator("input[name=q]").fill(name);
  await Promise.all([page.waitForNavigation(), page.locator("form[method=get] button").tap()]);
  const button = page.locator("button[name=one][value^='check-in']").first();
  const size = await button.boundingBox();
  sizes.push([Math.round(size.width), Math.round(size.height)]);
  await Promise.all([page.waitForNavigation(), button.tap()]);
}
await page.reload();
if (shot) {
  await page.screenshot({ path: shot, fullPage: true });
}
const found = {
  found: sizes.length,
  present: await page.locator("button[name=one][value^='check-out']").count(),
  sizes,
  overflows: await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  ),
  complaints,
};
console.log(JSON.stringify(found));
await browser.close();
