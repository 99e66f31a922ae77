/** A form in a dialog: what the hub finds wrong stands beside the field it is about, the rest above the form. */
import { Alert, Form, Modal } from 'antd';
import { type ReactNode, useId, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { markFaults } from './faults.ts';
import { problemText } from './use-problem.ts';

interface Props<Fields> {
  title: ReactNode;
  okText: string;
  width?: number;
  initialValues?: Partial<Fields>;
  /** Where the hub's JSON Pointers begin that are about this form, as in `/rule`. */
  below?: string;
  /** The form stays open with what was wrong when it rejects. */
  send(fields: Fields): Promise<unknown>;
  /** Absent: it closes. */
  onSent?(): void;
  onClose(): void;
  children: ReactNode;
}

export function FormDialog<Fields extends object>({ title, okText, width, initialValues, ...props }: Props<Fields>) {
  const i18n = useI18n();
  const [form] = Form.useForm<Fields>();
  const id = useId();
  const [fault, setFault] = useState<string>();
  const [isSending, setSending] = useState(false);
  const submit = async (fields: Fields) => {
    setFault(undefined);
    setSending(true);
    try {
      await props.send(fields);
    } catch (error) {
      const left = markFaults(form, error, props.below);
      const isMarked = form.getFieldsError().some(({ errors }) => errors.length > 0);
      if (left.length > 0 || !isMarked) setFault(problemText(error, i18n));
      return;
    } finally {
      setSending(false);
    }
    (props.onSent ?? props.onClose)();
  };
  return (
    <Modal
      open
      title={title}
      {...(width ? { width } : {})}
      onCancel={props.onClose}
      // The button belongs to the form: Enter in a field sends it too.
      okButtonProps={{ htmlType: 'submit', form: id }}
      okText={okText}
      cancelText={i18n.t('app.cancel')}
      confirmLoading={isSending}
    >
      {fault && <Alert type="error" showIcon title={fault} style={{ marginBottom: 12 }} />}
      <Form
        id={id}
        form={form}
        layout="vertical"
        onFinish={(fields) => void submit(fields)}
        scrollToFirstError
        {...(initialValues ? { initialValues } : {})}
      >
        {props.children}
      </Form>
    </Modal>
  );
}
