/**
 * Facade camera (高空抛物摄像机). The camera itself says only how it sees; `falling-object` is the
 * word of the gateway's own detector, kept as an event of the camera.
 */
import { z } from 'zod';
import { evidenceSchema } from '../../core/alarm.ts';
import { cameraOptionsSchema } from '../../core/camera-options.ts';
import type { DeviceKind } from '../../core/device.ts';
import { instantSchema } from '../../core/text.ts';
import { silent } from '../shared-rules.ts';

const response = {
  zh: '查看证据画面；派人到落点警戒并查看伤者，固定证物，伤人或屡犯报110。',
  en: 'Look at the evidence; guard the landing spot, look for the injured, keep the object; on injury or repetition call 110.',
};

const kind: DeviceKind = {
  title: { zh: '高空抛物摄像机', en: 'High-throw camera' },
  family: 'high-throw',
  telemetry: z.strictObject({
    fps: z.number().min(0).max(1_000),
    brightnessPercent: z.number().min(0).max(100).optional(),
    blocked: z.boolean().optional(),
  }),
  fields: {
    fps: { title: { zh: '帧率', en: 'Frame rate' }, type: 'number', unit: 'fps', decimals: 1, range: [0, 30] },
    brightnessPercent: {
      title: { zh: '画面亮度', en: 'Brightness' },
      type: 'number',
      unit: '%',
      decimals: 0,
      range: [0, 100],
    },
    blocked: { title: { zh: '镜头遮挡', en: 'View blocked' }, type: 'boolean' },
  },
  events: {
    'falling-object': {
      title: { zh: '高空抛物', en: 'Falling object' },
      schema: z.strictObject({
        /** A fall that is told while it lasts is told again when it is complete, under the same name. */
        fallId: z.string().max(40).optional(),
        confidence: z.number().min(0).max(1),
        /** First and last sight, epoch ms. */
        startAt: instantSchema,
        endAt: instantSchema,
        floor: z.number().int().min(-10).max(200).optional(),
        unit: z.string().max(20).optional(),
        /** Where it may have come from, the likeliest first. */
        places: z
          .array(
            z.strictObject({
              floor: z.number().int().min(-10).max(200).optional(),
              unit: z.string().max(20).optional(),
              probability: z.number().min(0).max(1),
            }),
          )
          .max(10)
          .optional(),
        /** True where no window of origin was found: told, but with less weight. */
        suspected: z.boolean(),
        /** Pixels of the camera's frame, origin top left. */
        track: z.array(z.strictObject({ at: instantSchema, x: z.number(), y: z.number() })).max(2_000),
        evidence: z.array(evidenceSchema).max(10),
      }),
    },
  },
  options: cameraOptionsSchema,
  silentAfterMs: 2 * 60_000,
  rules: [
    {
      id: 'falling-object',
      type: 'event',
      severity: 'major',
      title: { zh: '高空抛物', en: 'Object thrown from height' },
      response,
      with: { event: 'falling-object', where: { suspected: false }, oneBy: 'fallId', clearAfterQuietMs: 10 * 60_000 },
    },
    {
      id: 'falling-object-suspected',
      type: 'event',
      severity: 'minor',
      title: { zh: '疑似高空抛物', en: 'Object perhaps thrown from height' },
      response,
      with: { event: 'falling-object', where: { suspected: true }, clearAfterQuietMs: 10 * 60_000 },
    },
    {
      id: 'view-blocked',
      type: 'duration',
      severity: 'minor',
      title: { zh: '摄像机被遮挡', en: 'Camera view blocked' },
      response: { zh: '到场检查镜头，清除遮挡。', en: 'Check the lens on site and clear the view.' },
      with: { field: 'blocked', is: true, forMs: 60_000 },
    },
    {
      id: 'frame-rate-low',
      type: 'threshold',
      severity: 'minor',
      title: { zh: '摄像机帧率过低', en: 'Camera frame rate low' },
      response: { zh: '检查摄像机网络和供电。', en: "Check the camera's network and power." },
      with: { field: 'fps', below: 5, clearAbove: 8, onDelayMs: 60_000 },
    },
    silent,
  ],
  sample(random) {
    return {
      fps: Math.round(240 + random() * 10) / 10,
      brightnessPercent: Math.round(40 + random() * 30),
      blocked: false,
    };
  },
};

export default kind;
