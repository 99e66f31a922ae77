/** Ant Design's theme and language around the pages of the console; public pages do without the library. */
import { App, ConfigProvider } from 'antd';
import enGB from 'antd/locale/en_GB';
import zhCN from 'antd/locale/zh_CN';
import { Outlet } from 'react-router';
import { useWide } from '../shared/use-wide.ts';
import { usePreferences } from './preferences.tsx';
import { antTheme } from './theme.ts';

export function Component() {
  const { dark, language } = usePreferences();
  const touch = !useWide(761);
  return (
    <ConfigProvider
      theme={antTheme({ dark, touch })}
      locale={language === 'zh' ? zhCN : enGB}
      button={{ autoInsertSpace: false }}
    >
      <App style={{ height: '100%' }} message={{ duration: 2.5, maxCount: 3 }}>
        <Outlet />
      </App>
    </ConfigProvider>
  );
}
