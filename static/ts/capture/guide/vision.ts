// MediaPipe's short-range face detector, the same that the server runs; in a worker or in the page.
import { FaceDetector, FilesetResolver, type Detection } from "@mediapipe/tasks-vision";
import type { Face } from "./looks";

export type Delegate = "gpu" | "cpu";

const MODEL = "face_detection_short_range.tflite";

// A graphics card looks in a few ms; one that the processor only plays is slower than the processor.
const SLOW_MS = 50;

export class Vision {
  private constructor(
    readonly delegate: Delegate,
    private readonly detector: FaceDetector,
    private readonly ms: number,
  ) {}

  /** On the graphics card, else on the processor. Throws what the last attempt threw. */
  static async open(assets: string): Promise<Vision> {
    const folder = assets.replace(/\/$/, "");
    const files = await FilesetResolver.forVisionTasks(folder);
    const attempt = async (delegate: Delegate) => {
      const detector = await FaceDetector.createFromOptions(files, {
        baseOptions: {
          modelAssetPath: `${folder}/${MODEL}`,
          delegate: delegate === "gpu" ? "GPU" : "CPU",
        },
        runningMode: "VIDEO",
        minDetectionConfidence: 0.5,
      });
      return new Vision(delegate, detector, timed(detector));
    };
    const card = await attempt("gpu").catch(() => null);
    if (card && card.ms < SLOW_MS) return card;
    const processor = await attempt("cpu").catch((error: unknown) => card ?? Promise.reject(error));
    const [faster, slower] = !card || processor.ms <= card.ms ? [processor, card] : [card, processor];
    if (slower !== faster) slower?.close();
    return faster;
  }

  /** `time` in ms must be later than the one before. */
  detect(picture: ImageData, time: number): Face[] {
    const { width, height } = picture;
    return this.detector
      .detectForVideo(picture, time)
      .detections.flatMap((found) => faceOf(found, width, height) ?? []);
  }

  close(): void {
    this.detector.close();
  }
}

/** ms for one look. The first one also prepares, and fails on cards that only promise to work. */
function timed(detector: FaceDetector): number {
  const blank = new ImageData(640, 360);
  detector.detectForVideo(blank, 1);
  const begun = performance.now();
  detector.detectForVideo(blank, 2);
  return performance.now() - begun;
}

function faceOf({ boundingBox, keypoints }: Detection, width: number, height: number): Face | null {
  if (!boundingBox) return null;
  return {
    left: boundingBox.originX / width,
    top: boundingBox.originY / height,
    width: boundingBox.width / width,
    height: boundingBox.height / height,
    points: keypoints.map(({ x, y }) => ({ x, y })),
  };
}
