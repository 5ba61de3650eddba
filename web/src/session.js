// 令牌只放在本标签页的 sessionStorage 里，关闭标签页即消失。

import { send } from "./send.js";
import { store } from "./store.js";

const KEY = "hub.session";
const LOGIN = new URL("../auth/login", location.href);

/** {token, expiresAt} 或 null。 */
export const session = store(JSON.parse(sessionStorage.getItem(KEY)));

export function keep(next) {
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  session.set(next);
}

/** 用登录名和口令换令牌；被拒绝时抛出服务器给出的原因。 */
export async function login(name, password) {
  const response = await send(LOGIN, { login: name, password });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || !answer.token) throw new Error(reason(answer, response.status));
  keep({ token: answer.token, expiresAt: answer.expiresAt });
}

const reason = (answer, status) =>
  answer.errors?.[0]?.message ?? answer.message ?? answer.detail ?? `登录失败（HTTP ${status}）`;
