/** Clips for tests: the simulated facade camera, encoded as MPEG-4 in MP4. */
import { AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_MPEG4, Frame, Muxer } from 'node-av';
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
  const muxer = Muxer.openSync(plan.path);
  const encoder = Encoder.createSync(FF_ENCODER_MPEG4, {
    threadCount: 1,
    bitrate: '3M',
    maxBFrames: 0,
  });
  const stream = muxer.addStream(encoder);
  const write = (packets: ReturnType<typeof encoder.encodeAllSync>) => {
    for (const packet of packets) {
      muxer.writePacketSync(packet, stream);
      packet.free();
    }
  };
  for (let number = 0; number < plan.seconds * fps; number++) {
    plan.direct(camera, number);
    const frame = Frame.fromVideoBuffer(Buffer.from(camera.nextPicture().bytes), {
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
  return camera;
}
