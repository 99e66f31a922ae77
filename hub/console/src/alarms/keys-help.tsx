/** What the keyboard does here. */
import { Modal } from 'antd';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';

const KEYS: readonly (readonly [keys: readonly string[], what: MessageKey])[] = [
  [['J', 'K', '↓', '↑'], 'keys.move'],
  [['Enter'], 'keys.open'],
  [['A'], 'keys.ack'],
  [['S'], 'keys.shelve'],
  [['M'], 'keys.silence'],
  [['T'], 'keys.true'],
  [['F'], 'keys.false'],
  [['U'], 'keys.unsure'],
  [['/'], 'keys.search'],
  [['Esc'], 'keys.close'],
  [['?'], 'keys.this'],
];

export function KeysHelp({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useI18n();
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t('keys.title')} width={420}>
      <dl className="keys">
        {KEYS.map(([keys, what]) => (
          <div key={what} style={{ display: 'contents' }}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
