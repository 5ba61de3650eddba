/** POST 一个 JSON，返回 Response；网络不通时抛出说明，主动中断的不算。 */
export async function send(url, body, { headers, signal } = {}) {
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
  };
  try {
    return await fetch(url, request);
  } catch {
    throw new Error("连不上服务器，请检查网络后重试");
  }
}
