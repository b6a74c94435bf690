// What can go wrong with a camera or a take, each with words that tell the person what to do.
import { t } from "./translate";

export abstract class CaptureError extends Error {
  abstract readonly title: string;
  /** How the film tells why it is cut short; null where such a film is not kept. */
  readonly interruption: "page left" | "camera lost" | "recorder failed" | null = null;

  constructor(words: string) {
    super(words);
    this.name = new.target.name;
  }
}

export class NoCamera extends CaptureError {
  readonly title = t("We cannot find a camera");
  constructor() {
    super(
      t(
        "Connect a camera and try again. Or open the link from your clinic on a phone or tablet, which has one.",
      ),
    );
  }
}

export class CameraRefused extends CaptureError {
  readonly title = t("The camera is not allowed yet");
  constructor() {
    super(
      t(
        "Your browser keeps the camera from this page. Press the camera or lock sign beside the address, choose “Allow” for the camera, then try again.",
      ),
    );
  }
}

export class CameraInUse extends CaptureError {
  readonly title = t("Another program is using the camera");
  constructor() {
    super(t("Close video calls and other programs that use the camera, then try again."));
  }
}

export class InsecurePage extends CaptureError {
  readonly title = t("This page cannot use the camera");
  constructor() {
    super(
      t(
        "The address of this page does not begin with https. Please tell your clinic: the film can only be made on a secure page.",
      ),
    );
  }
}

export class NoRecorder extends CaptureError {
  readonly title = t("This browser cannot make films");
  constructor() {
    super(
      t(
        "Open the link in an up-to-date Safari, Chrome, Edge or Firefox. If the link opened inside another app, choose “Open in browser”.",
      ),
    );
  }
}

export class NoPictures extends CaptureError {
  readonly title = t("The camera sends no pictures");
  constructor() {
    super(t("Check that nothing covers the camera and that it is switched on, then try again."));
  }
}

export class PictureRefused extends CaptureError {
  readonly title = t("The camera's picture does not start");
  constructor() {
    super(
      t(
        "Press Try again. If that does not help, your device may be saving power: switch off its low power mode in the settings, then try again.",
      ),
    );
  }
}

export class CameraLost extends CaptureError {
  readonly title = t("The camera was switched off");
  override readonly interruption = "camera lost";
  constructor() {
    super(t("The camera went away. Connect it again, then go on."));
  }
}

export class PageLeft extends CaptureError {
  readonly title = t("The film stopped");
  override readonly interruption = "page left";
  constructor() {
    super(
      t("The film stopped because this page was left. Keep it open during a film, and film again."),
    );
  }
}

export class StoppedByHand extends CaptureError {
  readonly title = t("You stopped the film");
  constructor() {
    super(
      t(
        "Take all the time you need. This film is not kept: what has been sent of it is deleted as soon as there is a connection.",
      ),
    );
  }
}

export class MovedElsewhere extends CaptureError {
  readonly title = t("These films are being made in another window");
  override readonly interruption = "page left";
  constructor() {
    super(t("You can go on here instead. The other window then stops."));
  }
}

export class RecorderFailed extends CaptureError {
  readonly title = t("The film could not be made");
  override readonly interruption = "recorder failed";
  constructor() {
    super(t("Your browser stopped the film. Please film it again."));
  }
}

/** Any error as one that has words for the person. */
export function namedError(error: unknown): CaptureError {
  if (error instanceof CaptureError) return error;
  console.error(error);
  return new RecorderFailed();
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
