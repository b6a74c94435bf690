import { describe, expect, it } from "vitest";
import { CameraInUse, CameraRefused, CaptureError, NoCamera, cameraError } from "./errors";

describe("what getUserMedia throws", () => {
  it.each([
    ["NotFoundError", NoCamera],
    ["OverconstrainedError", NoCamera],
    ["NotAllowedError", CameraRefused],
    ["SecurityError", CameraRefused],
    ["NotReadableError", CameraInUse],
    ["AbortError", CameraInUse],
  ])("%s becomes a named error that says what to do", (name, type) => {
    const error = cameraError(new DOMException("", name)) as CaptureError;
    expect(error).toBeInstanceOf(type);
    expect(error.title).not.toBe("");
    expect(error.message).toMatch(/try again/i);
  });

  it("passes on what it does not know", () => {
    const bug = new TypeError("x");
    expect(cameraError(bug)).toBe(bug);
  });
});
