/** Ant Design's tokens in Linli's colours; the same values stand in styles/base.css for what is drawn by hand. */
import { type ThemeConfig, theme } from 'antd';

const FONT =
  'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';

/** What a thumb hits without looking, WCAG 2.5.5. */
const TOUCH_PX = 44;

export function antTheme({ dark, touch }: { dark: boolean; touch: boolean }): ThemeConfig {
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    cssVar: { key: 'linli' },
    hashed: false,
    token: {
      fontFamily: FONT,
      colorPrimary: dark ? '#2fb79f' : '#0b7a69',
      colorInfo: dark ? '#5aa7ff' : '#1763c6',
      colorError: dark ? '#ff6b61' : '#c6211b',
      colorWarning: dark ? '#ffb02e' : '#b45c00',
      colorSuccess: dark ? '#3ecf8e' : '#1a7f4b',
      colorLink: dark ? '#5cd3bd' : '#0b6d5e',
      colorBgBase: dark ? '#0e151c' : '#ffffff',
      colorBgContainer: dark ? '#16202a' : '#ffffff',
      colorBgElevated: dark ? '#1c2834' : '#ffffff',
      colorBgLayout: dark ? '#0b1117' : '#f2f4f3',
      colorText: dark ? '#e6edf3' : '#17211f',
      colorTextSecondary: dark ? '#a3b1bf' : '#51605c',
      colorTextPlaceholder: dark ? '#8b9aa9' : '#6a7773',
      colorTextTertiary: dark ? '#8b9aa9' : '#63716d',
      colorBorder: dark ? '#33424f' : '#cfd7d4',
      colorBorderSecondary: dark ? '#25323e' : '#e3e8e6',
      borderRadius: 8,
      ...(touch ? { controlHeight: TOUCH_PX, controlHeightSM: TOUCH_PX } : { controlHeight: 36 }),
      fontSize: 14,
    },
    components: {
      Table: { cellPaddingBlock: 10, headerBg: dark ? '#1a2530' : '#f6f8f7' },
      Button: {
        primaryShadow: 'none',
        dangerShadow: 'none',
        defaultShadow: 'none',
        fontWeight: 500,
        // White on the bright teal of the night theme would be too faint to read.
        primaryColor: dark ? '#04211c' : '#ffffff',
      },
      ...(touch ? { Segmented: { trackPadding: 0 } } : {}),
      Timeline: { itemPaddingBottom: 14 },
    },
  };
}
