/** A camera of the vision bench, in a process of its own: plays a recording over RTSP without coding anything. */
import { serveRtsp } from '../../edge/vision/rtsp-server.ts';

const recording = process.argv[2];
if (!recording) throw new Error('give a recording: an MP4 of H.264');
const server = await serveRtsp(recording);
process.stdout.write(`up ${new URL(server.url).port}\n`);
