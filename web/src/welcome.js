/** 第一次打开时编辑器里的文字。 */
export const WELCOME = `# 计量数据枢纽 · GraphQL 工作台
#
# 左边“示例查询”里有现成的查询，点一下即放入这里。
# 需要登录的数据：先点右侧工具栏的“令牌”。
#
#   运行       Ctrl-Enter
#   整理格式   Shift-Ctrl-P
#   自动补全   Ctrl-空格

{
  __typename
}
`;
