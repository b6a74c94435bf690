// A patient's visit in Firefox, from the link to the receipt: node firefox.mjs FIREFOX LINK
//
// Nobody is in front of Firefox's own test camera, and without WebGL the live guidance cannot look:
// the first film starts by itself after the reading time, the others by a button. The second film is
// lost to a reload and left out then. One line of JSON tells what was seen.
import puppeteer from "puppeteer-core";

const STEP_MS = 90_000;
const SECOND_TAP_MS = 600; // a sooner press counts as the same tap
// MediaPipe logs as errors what it tries before it gives up; "none" in the film's facts tells it.
const MEDIAPIPE = /\b(gl_context|gl_graph_runner)/;

const [firefox, link] = process.argv.slice(2);
const seen = { browser: "", faults: [], elsewhere: [], sent: [], prompts: 0, left: -1, receipt: "" };

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: firefox,
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "webgl.disabled": true,
  },
});
try {
  seen.browser = await browser.version();
  const page = await browser.newPage();
  page.setDefaultTimeout(STEP_MS);
  await listen(page);
  await visit(page);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

async function visit(page) {
  await answer(page);
  await press(page, "Start");
  await press(page, "Start now");
  await panel(page, "task-rest");
  await takeBegins(page);
  await takeEnds(page);
  await start(page, "smile");
  await pause(5000);
  await page.reload();
  await press(page, "Start");
  await press(page, "Start now");
  await panel(page, "task-smile");
  await press(page, "Pause");
  await press(page, "Leave this film out");
  await start(page, "surprise");
  await takeEnds(page);
  await finish(page);
  seen.receipt = await page.$eval("main", (main) => main.innerText);
  await until(async () => (seen.left = await page.evaluate(takesHere)) === 0);
}

async function listen(page) {
  page.on("pageerror", (error) => seen.faults.push(String(error)));
  page.on("console", (message) => {
    const isFault = message.type() === "error" && !MEDIAPIPE.test(message.text());
    if (isFault) seen.faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    seen.prompts += 1;
    void dialog.accept();
  });
  page.on("request", (request) => void note(request));
  // Firefox does not tell a driver of what the policy stopped.
  await page.evaluateOnNewDocument(() =>
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`the policy stopped ${violatedDirective} ${blockedURI}`),
    ),
  );
}

async function note(request) {
  const address = new URL(request.url());
  const isOnNetwork = /^(http|ws)/.test(address.protocol);
  if (isOnNetwork && address.host !== new URL(link).host) seen.elsewhere.push(request.url());
  if (request.method() === "POST" && address.pathname.endsWith("/submit/")) {
    const { task, sha256, partial } = JSON.parse(await request.fetchPostData());
    seen.sent.push({ task, sha256, partial });
  }
}

/** From the message to the record page. */
async function answer(page) {
  await page.goto(link);
  await (await labelled(page, "Your first name")).type("Paul");
  await (await labelled(page, "The year in which you were born")).type("1956");
  await follow(page, "Start now");
  if (page.url().endsWith("/consent/")) {
    for (const purpose of ["My care", "Measuring my films"]) {
      await (await labelled(page, purpose)).click();
    }
    await follow(page, "Continue");
  }
  const answers = [
    ["How well is your Parkinson", "It is working well"],
    ["When did you last take", "1 to 2 hours ago"],
    ["movements now that you cannot stop", "No"],
    ["Are you ill", "No"],
    ["Has anything been done", "No"],
    ["Does somebody help you", "No"],
  ];
  for (const [question, words] of answers) await (await labelled(page, words, question)).click();
  await follow(page, "Continue");
}

/** The control of a label, in the group of `question`. Firefox finds none by its ARIA name. */
async function labelled(page, words, question = "") {
  const control = await page.evaluateHandle(
    (words, question) => {
      const labels = [...document.querySelectorAll("label")];
      const asked = ({ control }) =>
        question === "" || control.closest("fieldset").textContent.includes(question);
      return labels.find((label) => label.textContent.includes(words) && asked(label)).control;
    },
    words,
    question,
  );
  return control.asElement();
}

async function press(page, name) {
  await pause(SECOND_TAP_MS);
  const find = (name) =>
    [...document.querySelectorAll("button")].find(
      (button) => button.checkVisibility() && button.textContent.trim() === name,
    ) ?? null;
  const button = await until(async () => (await page.evaluateHandle(find, name)).asElement());
  await button.click();
}

/** Presses what leads to another page. */
async function follow(page, name) {
  await Promise.all([page.waitForNavigation(), press(page, name)]);
}

async function panel(page, name) {
  await page.waitForSelector(`[data-panel~="${name}"]`, { visible: true });
}

/** Asked whether to film again, unless the check of the films takes too long: both lead on. */
async function finish(page) {
  const isDone = () => page.url().endsWith("/done/");
  const question = () => page.$('[data-panel="question"]:not([hidden])').catch(() => null);
  await until(async () => isDone() || (await question()));
  if (!isDone()) await follow(page, "Finish");
}

async function start(page, task) {
  await panel(page, `task-${task}`);
  await press(page, "Start now");
  await takeBegins(page);
}

async function takeBegins(page) {
  await page.waitForSelector('#stage[data-phase="lead"]', { visible: true });
}

async function takeEnds(page) {
  await page.waitForSelector("#stage", { hidden: true });
}

/** How many takes this device still keeps. */
function takesHere() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("mimia-takes");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const count = opening.result.transaction("takes").objectStore("takes").count();
      count.onsuccess = () => resolve(count.result);
    };
  });
}

async function until(condition) {
  const deadline = Date.now() + STEP_MS;
  while (Date.now() < deadline) {
    const found = await condition();
    if (found) return found;
    await pause(200);
  }
  throw new Error(`not within ${STEP_MS} ms: ${condition}`);
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
