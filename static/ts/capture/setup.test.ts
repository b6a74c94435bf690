import { afterEach, expect, it } from "vitest";
import { readSetup } from "./setup";

afterEach(() => {
  document.cookie = "csrf-of-site=; max-age=0";
});

it("reads the token anew whenever it is asked: a sign-in in another tab changes it", () => {
  document.body.innerHTML =
    '<script id="setup" type="application/json">{"session": "5e55", "csrfCookie": "csrf-of-site"}</script>';
  document.cookie = "other=1";
  const setup = readSetup("setup");
  expect([setup.session, setup.csrf()]).toEqual(["5e55", ""]);
  document.cookie = "csrf-of-site=first";
  expect(setup.csrf()).toBe("first");
  document.cookie = "csrf-of-site=second";
  expect(setup.csrf()).toBe("second");
});
