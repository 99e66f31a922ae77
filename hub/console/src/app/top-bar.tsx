/** Above every page: is what I see true (live status), and how do I want it (sound, theme, language). */
import { LogoutOutlined, MoonOutlined, SoundOutlined, SunOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Dropdown, Tooltip } from 'antd';
import { useLogout, useSession } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useLive } from '../live/live.tsx';
import { spanTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';
import { usePreferences } from './preferences.tsx';

export function TopBar() {
  return (
    <header className="topbar">
      <LiveState />
      <Clock />
      <span className="grow" />
      <SoundSwitch />
      <ThemeSwitch />
      <LanguageSwitch />
      <Account />
    </header>
  );
}

function LiveState() {
  const i18n = useI18n();
  const { status } = useLive();
  const now = useNow();
  if (status.state === 'live')
    return (
      <output className="live on" title={i18n.t('live.tip')}>
        <span className="dot" />
        {i18n.t('live.live')}
      </output>
    );
  return (
    <output className="live off">
      <span className="dot dot-hollow" />
      {status.goodAt === null
        ? i18n.t('live.connecting')
        : i18n.t('live.reconnecting', { age: spanTitle(now - status.goodAt, i18n) })}
    </output>
  );
}

function Clock() {
  const { locale } = useI18n();
  const now = useNow();
  return (
    <time className="num muted clock">
      {new Intl.DateTimeFormat(locale, {
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      }).format(now)}
    </time>
  );
}

function SoundSwitch() {
  const { t } = useI18n();
  const { sound, set } = usePreferences();
  const title = sound ? t('pref.sound.on') : t('pref.sound.off');
  return (
    <Tooltip title={title}>
      <Button
        type="text"
        danger={!sound}
        aria-label={title}
        aria-pressed={sound}
        icon={<SoundOutlined style={sound ? undefined : { opacity: 0.5 }} />}
        onClick={() => set({ sound: !sound })}
      >
        {sound ? null : t('pref.sound.off')}
      </Button>
    </Tooltip>
  );
}

function ThemeSwitch() {
  const { t } = useI18n();
  const { theme, dark, set } = usePreferences();
  const items = (['auto', 'light', 'dark'] as const).map((key) => ({
    key,
    label: t(`pref.theme.${key}`),
    onClick: () => set({ theme: key }),
  }));
  return (
    <Dropdown menu={{ items, selectedKeys: [theme] }} trigger={['click']}>
      <Button type="text" aria-label={t('pref.theme')} icon={dark ? <MoonOutlined /> : <SunOutlined />} />
    </Dropdown>
  );
}

export function LanguageSwitch() {
  const { t } = useI18n();
  const { language, set } = usePreferences();
  return (
    <Button
      type="text"
      aria-label={t('pref.languageLabel')}
      lang={language === 'zh' ? 'en' : 'zh-CN'}
      onClick={() => set({ language: language === 'zh' ? 'en' : 'zh' })}
    >
      {t('pref.language')}
    </Button>
  );
}

function Account() {
  const { t } = useI18n();
  const { data: user } = useSession();
  const logout = useLogout();
  if (!user) return null;
  const items = [
    { key: 'who', label: `${user.displayName} · ${t(`role.${user.role}`)}`, disabled: true },
    { key: 'logout', icon: <LogoutOutlined />, label: t('login.logout'), onClick: () => logout.mutate() },
  ];
  return (
    <>
      <span className="user">
        {user.displayName}
        <small>
          {t(`role.${user.role}`)}
          {user.communities.length === 1 ? ` · ${user.communities[0]?.name}` : ''}
        </small>
      </span>
      <Dropdown menu={{ items }} trigger={['click']} placement="bottomRight">
        <Button type="text" aria-label={user.displayName} icon={<UserOutlined />} />
      </Dropdown>
    </>
  );
}
