/** For who keeps the system running: links, lag, backlog, what was lost. */
import { board } from '../board.ts';
import { lines, stat } from '../panels.ts';

const of = { kind: 'gateway', by: 'device' } as const;

export default board({
  id: 'gateways',
  title: '网关运行 · Gateways',
  description: '链路、滞后、积压、淘汰与拒收。',
  from: 'now-6h',
})
  .withPanel(
    stat({
      ...of,
      field: 'linkUp',
      function: 'last',
      span: 12,
      title: '链路（1 为通）',
      description: '由最后一次被确认的批次推算，不看连接状态。',
      limits: { warn: 1, bad: 0.5, lowIsBad: true },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'evicted',
      function: 'last',
      span: 12,
      title: '累计淘汰的读数',
      description: '磁盘或容量不足时按最低通道淘汰；控制台列出缺口。',
      limits: { warn: 1, bad: 1_000 },
    }),
  )
  .withPanel(
    lines({
      ...of,
      field: 'lagSeconds',
      function: 'max',
      span: 24,
      unit: 's',
      title: '滞后',
      description: '网关持有而中心尚未入库的最老数据的年龄。',
    }),
  )
  .withPanel(
    lines({
      ...of,
      field: 'backlogBatches',
      function: 'max',
      span: 12,
      title: '积压批次',
      description: '等待发送的批次数。',
    }),
  )
  .withPanel(
    lines({
      ...of,
      field: 'deadLetters',
      function: 'last',
      span: 12,
      title: '拒收报文',
      description: '格式不符而被保存备查的报文。',
    }),
  )
  .withPanel(
    lines({
      kind: 'high-throw-camera',
      by: 'device',
      field: 'fps',
      function: 'mean',
      span: 12,
      title: '摄像机处理帧率',
      description: '高空抛物检测实际处理的帧率。',
    }),
  )
  .withPanel(
    lines({
      kind: 'high-throw-camera',
      by: 'device',
      field: 'brightnessPercent',
      function: 'mean',
      span: 12,
      unit: 'percent',
      title: '画面亮度',
      description: '突降说明被遮挡或入夜。',
    }),
  );
