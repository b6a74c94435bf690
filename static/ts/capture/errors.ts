// What can go wrong with a camera or a take, each with words that tell the person what to do.

export abstract class CaptureError extends Error {
  abstract readonly title: string;
  constructor(words: string) {
    super(words);
    this.name = new.target.name;
  }
}

export class NoCamera extends CaptureError {
  readonly title = "We cannot find a camera";
  constructor() {
    super(
      "Connect a camera and try again. Or open the link from your clinic on a phone or tablet, which has one.",
    );
  }
}

export class CameraRefused extends CaptureError {
  readonly title = "The camera is not allowed yet";
  constructor() {
    super(
      "Your browser keeps the camera from this page. Press the camera or lock sign beside the address, choose “Allow” for the camera, then try again.",
    );
  }
}

export class CameraInUse extends CaptureError {
  readonly title = "Another program is using the camera";
  constructor() {
    super("Close video calls and other programs that use the camera, then try again.");
  }
}

export class InsecurePage extends CaptureError {
  readonly title = "This page cannot use the camera";
  constructor() {
    super(
      "The address of this page does not begin with https. Please tell your clinic: the film can only be made on a secure page.",
    );
  }
}

export class NoRecorder extends CaptureError {
  readonly title = "This browser cannot make films";
  constructor() {
    super(
      "Open the link in an up-to-date Safari, Chrome, Edge or Firefox. If the link opened inside another app, choose “Open in browser”.",
    );
  }
}

export class NoPictures extends CaptureError {
  readonly title = "The camera sends no pictures";
  constructor() {
    super("Check that nothing covers the camera and that it is switched on, then try again.");
  }
}

export class CameraLost extends CaptureError {
  readonly title = "The camera was switched off";
  constructor() {
    super("The film stopped because the camera went away. Connect it again, then film once more.");
  }
}

export class PageLeft extends CaptureError {
  readonly title = "The film stopped";
  constructor() {
    super("The film stopped because this page was left. Keep it open during a film, and film again.");
  }
}

export class StoppedByHand extends CaptureError {
  readonly title = "You stopped the film";
  constructor() {
    super("Take all the time you need. Nothing of this film is kept.");
  }
}

export class RecorderFailed extends CaptureError {
  readonly title = "The film could not be made";
  constructor() {
    super("Your browser stopped the film. Please film it again.");
  }
}

/** The named error behind what `getUserMedia` throws; anything unknown is passed on as it is. */
export function cameraError(thrown: unknown): unknown {
  switch ((thrown as Error | null)?.name) {
    case "NotFoundError":
    case "OverconstrainedError":
      return new NoCamera();
    case "NotAllowedError":
    case "SecurityError":
      return new CameraRefused();
    case "NotReadableError":
    case "AbortError":
      return new CameraInUse();
    default:
      return thrown;
  }
}
