// The pictures of a playing video, as small as the server's for its analysis.

export class Eye {
  private readonly canvas = document.createElement("canvas");
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true });

  /** `side`: of the longer side, px. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly side: number,
  ) {}

  /** What the video shows now; null before its first picture. */
  picture(): ImageData | null {
    const { videoWidth, videoHeight, readyState } = this.video;
    if (!this.context || videoWidth === 0 || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return null;
    }
    const scale = Math.min(1, this.side / Math.max(videoWidth, videoHeight));
    const width = Math.round(videoWidth * scale);
    const height = Math.round(videoHeight * scale);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.context.drawImage(this.video, 0, 0, width, height);
    return this.context.getImageData(0, 0, width, height);
  }
}
