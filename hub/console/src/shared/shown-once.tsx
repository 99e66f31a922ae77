/** Something that is shown this once and never again, with a button that copies it. */
import { CopyOutlined } from '@ant-design/icons';
import { Alert, App, Button, Modal } from 'antd';
import type { ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.tsx';

interface Props {
  title: ReactNode;
  warning: string;
  /** What the button copies. */
  text: string;
  onClose(): void;
  children: ReactNode;
}

export function ShownOnce({ title, warning, text, onClose, children }: Props) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      void message.success(t('app.copied'));
    } catch {
      // Browsers keep the clipboard from pages that came without HTTPS.
      void message.warning(t('app.copyByHand'));
    }
  };
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={
        <>
          <Button icon={<CopyOutlined />} onClick={() => void copy()}>
            {t('app.copy')}
          </Button>
          <Button type="primary" onClick={onClose}>
            {t('app.close')}
          </Button>
        </>
      }
    >
      <Alert type="warning" showIcon title={warning} style={{ marginBottom: 12 }} />
      {children}
    </Modal>
  );
}
