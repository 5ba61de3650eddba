/** 一次回答的提示行 [{text, warning}]：登录状态与代价；没有可说的为空。 */
export function notices(answer, session, now = Date.now()) {
  return [signIn(answer, session, now), price(answer?.extensions?.cost)].filter(Boolean);
}

/** 登录状态的一句话。 */
export function signIn(answer, session, now = Date.now()) {
  const refused = answer?.errors?.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
  const expired = session?.expiresAt && Date.parse(session.expiresAt) <= now;
  if (session && (expired || refused))
    return { text: "令牌已失效：请点“令牌”重新登录", warning: true };
  if (!session) return { text: "尚未登录：点“令牌”登录后可读取模式与本机构数据", warning: false };
  const until = session.expiresAt && new Date(session.expiresAt).toLocaleString("zh-CN");
  return { text: until ? `已登录，令牌有效至 ${until}` : "已使用粘贴的令牌", warning: false };
}

function price(cost) {
  if (!cost) return null;
  const { requested, actual, available, restoreRate } = cost;
  const text = [
    `代价 ${requested} 点`,
    actual != null && `实际 ${actual} 点`,
    available != null && `余额 ${available} 点`,
    restoreRate != null && `每秒恢复 ${restoreRate} 点`,
  ]
    .filter(Boolean)
    .join("，");
  if (!(available < requested)) return { text, warning: false };
  const seconds = restoreRate > 0 ? `，约 ${Math.ceil((requested - available) / restoreRate)} 秒后恢复` : "";
  return { text: `${text}。余额不够再运行一次${seconds}`, warning: true };
}
