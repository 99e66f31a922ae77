/** Clips for tests, encoded as MPEG-4 in MP4: any pictures, or the simulated facade camera. */
import { AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_MPEG4, Frame, Muxer, type Packet } from 'node-av';
import { ManualClock } from '../../../core/clock.ts';
import { createFacadeCamera, type FacadeCamera } from '../../../simulators/cameras/facade-camera.ts';

export interface ClipPlan {
  path: string;
  seed: string;
  seconds: number;
  /** Called before each frame, for throws and weather. */
  direct(camera: FacadeCamera, frame: number): void;
}

export function writeSimulatedClip(plan: ClipPlan): FacadeCamera {
  const camera = createFacadeCamera({ seed: plan.seed, clock: new ManualClock(1_700_000_000_000) });
  camera.wildlife(0);
  const { width, height, fps } = camera;
  const pictures = Array.from({ length: Math.ceil(plan.seconds * fps) }, (_, number) => () => {
    plan.direct(camera, number);
    return Buffer.from(camera.nextPicture().bytes);
  });
  writeMpeg4(plan.path, { width, height, fps, pictures });
  return camera;
}

/** `pictures` are drawn one after the other: YUV 4:2:0. `outOfOrder`: how many are stored before ones that are shown earlier. */
export function writeMpeg4(
  path: string,
  of: { width: number; height: number; fps: number; pictures: readonly (() => Buffer)[]; outOfOrder?: number },
): void {
  const { width, height, fps, pictures, outOfOrder = 0 } = of;
  const muxer = Muxer.openSync(path);
  const encoder = Encoder.createSync(FF_ENCODER_MPEG4, {
    context: { threadCount: 1, bitRate: '3M', maxBFrames: outOfOrder },
  });
  const stream = muxer.addStream(encoder);
  const write = (packets: Packet[]) => {
    for (const packet of packets) {
      muxer.writePacketSync(packet, stream);
      packet.free();
    }
  };
  for (const [number, draw] of pictures.entries()) {
    const frame = Frame.fromVideoBuffer(draw(), {
      width,
      height,
      format: AV_PIX_FMT_YUV420P,
      timeBase: { num: 1, den: fps * 2 },
      pts: BigInt(number * 2),
    });
    write(encoder.encodeAllSync(frame));
    frame.free();
  }
  write(encoder.encodeAllSync(null));
  muxer.closeSync();
  encoder.close();
}
