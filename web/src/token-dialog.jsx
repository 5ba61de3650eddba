import { useState } from "react";

import { Button, Dialog, ToolbarButton, useGraphiQLActions } from "@graphiql/react";

import { KeyIcon } from "./icons.jsx";
import { signIn } from "./notices.js";
import { keep, login, session } from "./session.js";

/** 工具栏的“令牌”按钮和它的对话框。 */
export function TokenButton() {
  const [open, setOpen] = useState(false);
  const held = session.use();
  return (
    <>
      <ToolbarButton
        className="hub-token"
        label={held ? "令牌：已设置" : "令牌：未设置"}
        onClick={() => setOpen(true)}
      >
        <KeyIcon />
        <span aria-hidden="true">令牌</span>
      </ToolbarButton>
      <Dialog open={open} onOpenChange={setOpen}>
        <TokenForms close={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function TokenForms({ close }) {
  const { introspect } = useGraphiQLActions();
  const done = () => {
    close();
    introspect();
  };
  return (
    <>
      <div className="graphiql-dialog-header">
        <Dialog.Title className="graphiql-dialog-title">令牌</Dialog.Title>
        <Dialog.Close />
      </div>
      <Dialog.Description className="hub-dialog-part">
        令牌只保存在本标签页，随每个请求发送；关闭标签页即失效。
      </Dialog.Description>
      <LoginForm done={done} />
      <PasteForm done={done} />
      <Held done={done} />
    </>
  );
}

function LoginForm({ done }) {
  const [refusal, setRefusal] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    try {
      await login(form.get("login"), form.get("password"));
      done();
    } catch (error) {
      setRefusal(error.message);
    }
  };
  return (
    <form className="hub-dialog-part hub-form" onSubmit={submit}>
      <h3>登录</h3>
      <label>
        登录名
        <input name="login" autoComplete="username" required />
      </label>
      <label>
        口令
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <p role="alert" className="hub-warning">
        {refusal}
      </p>
      <Button type="submit">登录</Button>
    </form>
  );
}

function PasteForm({ done }) {
  const submit = (event) => {
    event.preventDefault();
    keep({ token: new FormData(event.target).get("token").trim() });
    done();
  };
  return (
    <form className="hub-dialog-part hub-form" onSubmit={submit}>
      <h3>粘贴令牌</h3>
      <label>
        令牌
        <input name="token" type="password" autoComplete="off" required pattern=".*\S.*" />
      </label>
      <Button type="submit">使用这个令牌</Button>
    </form>
  );
}

function Held({ done }) {
  const held = session.use();
  if (!held) return null;
  const drop = () => {
    keep(null);
    done();
  };
  return (
    <div className="hub-dialog-part hub-form">
      <p>{signIn(null, held).text}</p>
      <Button type="button" onClick={drop}>
        清除令牌
      </Button>
    </div>
  );
}
