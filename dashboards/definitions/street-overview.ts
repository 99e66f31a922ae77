/** What the street office looks at first: alarms, work orders, 三率, devices, by community. */
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import { lines, stat } from '../panels.ts';

const of = { kind: 'community', by: 'community' } as const;

export default board({
  id: 'street-overview',
  title: '街道总览 · Street overview',
  description: '三个试点小区的报警、工单、三率与设备。',
  from: 'now-24h',
})
  .withRow(new RowBuilder('报警 · Alarms'))
  .withPanel(
    stat({
      ...of,
      field: 'alarmsUnacked',
      function: 'last',
      span: 6,
      title: '未确认报警',
      description: '还没有人确认的报警数。',
      limits: { warn: 1, bad: 5 },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'alarmsCritical',
      function: 'last',
      span: 6,
      title: '未确认的危急报警',
      description: '生命安全类报警，应为零。',
      limits: { warn: 1, bad: 1 },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'alarmsOpen',
      function: 'last',
      span: 6,
      title: '未了结报警',
      description: '仍在持续、或已恢复但无人确认的报警。',
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'alarmsMuted',
      function: 'last',
      span: 6,
      title: '被静音的报警',
      description: '搁置、抑制、停用中的报警；长期不为零应查原因。',
      limits: { warn: 5, bad: 20 },
    }),
  )
  .withPanel(
    lines({
      ...of,
      field: 'alarmsRaised',
      function: 'sum',
      span: 24,
      title: '新增报警（每个时间段）',
      description: '每位值守人员每 10 分钟 1–2 条为正常负荷，10 条即为报警泛滥。',
    }),
  )
  .withRow(new RowBuilder('工单与三率 · Work orders'))
  .withPanel(
    stat({
      ...of,
      field: 'ticketsOpen',
      function: 'last',
      span: 6,
      title: '在办工单',
      description: '尚未办结的工单。',
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'ticketsOverdue',
      function: 'last',
      span: 6,
      title: '超时工单',
      description: '已过承诺时限的在办工单。',
      limits: { warn: 1, bad: 5 },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'onTimeRate',
      function: 'last',
      span: 12,
      unit: 'percentunit',
      title: '按时结案率（30 天）',
      description: '在承诺时限内办结的占比；暂停时间按规则扣除。',
      limits: { warn: 0.92, bad: 0.8, lowIsBad: true },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'responseRate',
      function: 'last',
      span: 8,
      unit: 'percentunit',
      title: '响应率（30 天）',
      description: '按时接单的占比，目标 92 %。',
      limits: { warn: 0.92, bad: 0.8, lowIsBad: true },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'solutionRate',
      function: 'last',
      span: 8,
      unit: 'percentunit',
      title: '解决率（30 天）',
      description: '办结且属于本单位职责的占比。',
      limits: { warn: 0.9, bad: 0.8, lowIsBad: true },
    }),
  )
  .withPanel(
    stat({
      ...of,
      field: 'satisfactionRate',
      function: 'last',
      span: 8,
      unit: 'percentunit',
      title: '满意率（30 天）',
      description: '四星及以上评价的占比，目标 85 %。',
      limits: { warn: 0.85, bad: 0.7, lowIsBad: true },
    }),
  )
  .withPanel(
    lines({
      ...of,
      field: 'ticketsOpen',
      function: 'max',
      span: 24,
      title: '在办工单趋势',
      description: '只升不降说明人手或流程不足。',
    }),
  )
  .withRow(new RowBuilder('设备 · Devices'))
  .withPanel(
    lines({
      ...of,
      field: 'devicesOnline',
      function: 'last',
      span: 12,
      title: '在线设备',
      description: '在各自时限内发过消息的设备数。',
    }),
  )
  .withPanel(
    lines({
      kind: 'smart-bin',
      by: 'device',
      field: 'fillPercent',
      function: 'mean',
      span: 12,
      unit: 'percent',
      title: '垃圾桶满溢度',
      description: '每个智能垃圾桶的满溢度。',
    }),
  )
  .withPanel(
    lines({
      kind: 'water-pressure',
      by: 'device',
      field: 'pressureMpa',
      function: 'mean',
      span: 12,
      title: '消防水压（MPa）',
      description: '低于 0.1 MPa 应立即处置。',
    }),
  )
  .withPanel(
    lines({
      kind: 'electrical-fire',
      by: 'device',
      field: 'residualCurrentMilliamp',
      function: 'max',
      span: 12,
      title: '剩余电流（mA）',
      description: '电气火灾监控的剩余电流。',
    }),
  );
