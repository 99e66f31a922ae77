/** Sign in. After it one lands where one wanted to go. */
import { Alert, Button, Form, Input } from 'antd';
import { useEffect } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { ApiError } from '../api/client.ts';
import { useLogin, useSession } from '../api/session.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { LanguageSwitch } from './top-bar.tsx';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: user } = useSession();
  const login = useLogin();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const next = safeNext(search.get('next'));
  useEffect(() => {
    if (user) navigate(next, { replace: true });
  }, [user, navigate, next]);

  return (
    <div className="login">
      <div className="login-art" aria-hidden="true">
        <Skyline />
      </div>
      <main className="login-card">
        <div className="login-brand">
          <img src="/favicon.svg" alt="" width="52" height="52" />
          <div>
            <h1>{t('app.name')}</h1>
            <p className="muted">{t('app.tagline')}</p>
          </div>
          <LanguageSwitch />
        </div>
        <p className="login-lead">{t('login.lead')}</p>
        <Form layout="vertical" size="large" requiredMark={false} onFinish={login.mutate}>
          <Form.Item
            name="username"
            label={t('login.username')}
            rules={[{ required: true, message: t('app.required') }]}
          >
            <Input autoComplete="username" autoFocus autoCapitalize="none" maxLength={64} />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('login.password')}
            rules={[{ required: true, message: t('app.required') }]}
          >
            <Input.Password autoComplete="current-password" maxLength={200} />
          </Form.Item>
          {login.error && (
            <Alert type="error" showIcon title={faultText(login.error, i18n)} style={{ marginBottom: 16 }} />
          )}
          <Button type="primary" htmlType="submit" block loading={login.isPending}>
            {t('login.submit')}
          </Button>
        </Form>
      </main>
    </div>
  );
}

/** Only a path of this console: an address from outside must not send people elsewhere. */
function safeNext(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/alarms';
}

function faultText(error: unknown, { t }: I18n): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 401) return t('login.wrong');
  if (error.status === 429) return t('login.tooMany', { n: error.retryAfterSeconds || 30 });
  return error.code === 'network' ? t('login.unreachable') : t('error.generic', { message: error.message });
}

/** Three estates at dusk, one lit window. */
function Skyline() {
  const blocks = [
    { x: 20, width: 90, floors: 11 },
    { x: 130, width: 64, floors: 17 },
    { x: 214, width: 110, floors: 6 },
    { x: 344, width: 70, floors: 20 },
    { x: 434, width: 120, floors: 8 },
    { x: 574, width: 80, floors: 14 },
  ];
  return (
    <svg viewBox="0 0 680 520" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
      {blocks.map((block) => (
        <g key={block.x}>
          <rect
            className="sky-block"
            x={block.x}
            y={520 - block.floors * 22 - 20}
            width={block.width}
            height="500"
            rx="4"
          />
          {windowsOf(block).map((pane) => (
            <rect
              key={pane.key}
              className={pane.lit ? 'sky-window lit' : 'sky-window'}
              {...pane.box}
              height="11"
              rx="1.5"
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

function windowsOf(block: { x: number; width: number; floors: number }) {
  const step = (block.width - 12) / 3;
  return Array.from({ length: block.floors * 3 }, (_, index) => {
    const floor = Math.floor(index / 3);
    const x = block.x + 10 + (index % 3) * step;
    const y = 520 - floor * 22 - 24;
    return { key: `${x}/${y}`, lit: (index * 7 + block.x) % 11 < 2, box: { x, y, width: step - 8 } };
  });
}
