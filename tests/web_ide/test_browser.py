"""What a person does in the IDE, in a real browser under the real content security policy."""

import asyncio
import csv
import io
import json
import re
from pathlib import Path

from python_calamine import CalamineWorkbook

from tests.patience import patiently
from tests.web_ide.browser import Page
from tests.web_ide.small_hub import LOGIN, PASSWORD, TOKEN

LEDGER = """{ instruments(first: 25) { nodes {
  assetNo name resolution intervalMonths owner { name } remark
} } }"""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


async def opened(page: Page, url: str) -> Page:
    """The page once its editors are there."""
    await page.call("Page.navigate", url=url)
    await page.until("document.querySelector('.result-window .view-lines')")
    return page


async def signed_in(page: Page, hub_url: str) -> Page:
    """The IDE with a pasted token."""
    await opened(page, f"{hub_url}/graphiql")
    await page.click("令牌")
    await page.fill("input[name=token]", TOKEN)
    await page.click("使用这个令牌")
    await page.until("!document.querySelector('[role=dialog]')")
    return page


def model(name: str) -> str:
    """Expression of the text behind an editor, of which the editor shows only some lines."""
    return f"__MONACO.editor.getModels().find(one => one.uri.path.includes('{name}'))"


async def run(page: Page, query: str) -> str:
    """Put a query into the editor and run it: the text of its answer."""
    await page.run(f"{model('operation.graphql')}.setValue({json.dumps(query)})")
    await page.click("运行查询")
    await page.until(f"{model('response.json')}.getValue().includes('extensions')")
    return str(await page.run(f"{model('response.json')}.getValue()"))


async def download(page: Page, folder: Path, button: str, name: str) -> bytes:
    """Bytes of the file that a button saves."""
    await page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    await page.click(button)
    async with patiently(f"the file {name}"):
        while not (folder / name).exists():  # noqa: ASYNC110  the browser tells nobody
            await asyncio.sleep(0.05)
    return (folder / name).read_bytes()


async def test_the_ide_opens_without_a_complaint_and_asks_only_the_hub(
    page: Page, hub_url: str
) -> None:
    await opened(page, f"{hub_url}/graphiql")
    await page.until(
        "performance.getEntriesByType('resource').some(one => /worker/.test(one.name))"
    )

    assert page.complaints == []
    outside = [url for url in page.requests if not url.startswith((f"{hub_url}/", "data:"))]
    assert outside == []


async def test_every_button_has_a_chinese_name(page: Page, hub_url: str) -> None:
    await opened(page, f"{hub_url}/graphiql")

    for panel in ("文档", "示例查询", "解释查询", "结果表格与图表", "点选字段", "历史"):
        await page.run(
            f"document.querySelector('.graphiql-sidebar [aria-label=\"显示{panel}\"]')?.click()"
        )
        await page.until(
            f"document.querySelector('.graphiql-plugin').innerText.includes('{panel}')"
        )
        names = json.loads(
            await page.run(
                """JSON.stringify([...document.querySelectorAll('button')]
                    .filter(one => !one.closest('.graphiql-tabs, .graphiql-explorer-root'))
                    .map(one => one.ariaLabel ?? one.innerText))"""
            )
        )

        assert len(names) > 10
        assert [name for name in names if not CHINESE.search(name)] == []


async def test_the_documentation_panel_shows_fields_in_chinese(page: Page, hub_url: str) -> None:
    await signed_in(page, hub_url)
    await page.click("显示文档")
    await page.until("document.querySelector('.graphiql-doc-explorer-type-name')")

    for step in ("Query", "instruments"):
        links = "document.querySelectorAll('.graphiql-doc-explorer a')"
        await page.until(f"[...{links}].find(one => one.innerText === '{step}')")
        await page.run(f"[...{links}].find(one => one.innerText === '{step}').click()")

    await page.until("document.querySelector('.graphiql-doc-explorer').innerText.includes('参数')")
    assert "本机构的计量器具台账" in await page.text(".graphiql-doc-explorer")
    assert page.complaints == []


async def test_who_is_not_signed_in_is_told_so_and_nothing_is_refused(
    page: Page, hub_url: str
) -> None:
    await opened(page, f"{hub_url}/graphiql")

    await page.until("document.querySelector('.result-window').innerText.includes('登录后')")
    assert page.complaints == []
    assert not [url for url in page.requests if url.endswith("/graphql")]


async def test_a_sample_named_in_the_address_is_in_the_editor(page: Page, hub_url: str) -> None:
    await signed_in(page, hub_url)
    await run(page, "{ hello }")

    await opened(page, f"{hub_url}/graphiql?example=verify-certificate")

    await page.until(
        "document.querySelector('.graphiql-query-editor').innerText.includes('verifyCertificate')"
    )
    assert "number" in await page.text(".graphiql-editor-tool .view-lines")


async def test_an_unknown_sample_in_the_address_is_named(page: Page, hub_url: str) -> None:
    await opened(page, f"{hub_url}/graphiql?example=nothing")

    assert "没有名为“nothing”的示例" in await page.text(".hub-panel")


async def test_a_sample_does_not_overwrite_what_was_typed(page: Page, hub_url: str) -> None:
    await signed_in(page, hub_url)
    await run(page, "{ hello }")

    await page.run("document.querySelector('.hub-sample').click()")

    await page.until("document.querySelectorAll('.graphiql-tab').length === 2")


async def test_a_refused_login_says_why_and_a_good_one_opens_the_data(
    page: Page, hub_url: str
) -> None:
    await opened(page, f"{hub_url}/graphiql")
    await page.click("令牌")
    await page.fill("input[name=login]", LOGIN)
    await page.fill("input[name=password]", "wrong")
    await page.click("登录")
    await page.until(
        "document.querySelector('.hub-form [role=alert]').innerText === '登录名或口令不对'"
    )

    await page.run("document.querySelector('input[name=password]').select()")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("登录")
    await page.until("!document.querySelector('[role=dialog]')")

    assert "JL-0001" in await run(page, LEDGER)
    assert "令牌有效至" in await page.text(".hub-status")


async def test_the_token_stays_in_the_tab_and_out_of_the_stored_data(
    page: Page, hub_url: str
) -> None:
    await signed_in(page, hub_url)
    await run(page, LEDGER)

    assert TOKEN in await page.run("JSON.stringify(sessionStorage)")
    assert TOKEN not in await page.run("JSON.stringify(localStorage)")
    assert await page.run("document.cookie") == ""


async def test_the_cost_of_an_answer_stands_below_it(page: Page, hub_url: str) -> None:
    await signed_in(page, hub_url)
    await run(page, "{ hello }")

    assert "代价 12 点，实际 9 点，余额 988 点，每秒恢复 50 点" in await page.text(".hub-status")


async def explaining(page: Page, query: str, variables: str = "") -> None:
    """The panel that explains, with a query and its variables in the editors."""
    await page.click("显示解释查询")
    await page.run(f"{model('variables.json')}.setValue({json.dumps(variables)})")
    await page.run(f"{model('operation.graphql')}.setValue({json.dumps(query)})")


async def test_a_query_is_explained_while_it_is_written_and_is_not_run(
    page: Page, hub_url: str
) -> None:
    await opened(page, f"{hub_url}/graphiql")
    await explaining(page, "query($first: Int!) { instruments(first: $first) { nodes { name } } }")
    await page.run(f"{model('variables.json')}.setValue('{{\"first\": 40}}')")

    await page.until(
        "document.querySelector('.hub-panel [role=status]').innerText === '至多 41 点，1 条语句'"
    )
    panel = await page.text(".hub-panel")
    assert "41 / 1,000" in panel
    assert "一条语句 至多 40 个对象" in panel
    assert "因行而异" in panel
    assert "本机构的行完整，其他行脱敏" in panel
    assert "Instrument 40 个" in panel
    assert "代价" not in await page.text(".hub-status")
    assert page.complaints == []


async def test_a_query_that_would_be_refused_is_shown_with_the_reason(
    page: Page, hub_url: str
) -> None:
    await opened(page, f"{hub_url}/graphiql")
    await explaining(page, LEDGER, '{"first": 2000}')

    await page.until("document.querySelector('.hub-problems')")
    assert await page.text(".hub-panel [role=status]") == "执行时会被拒绝：至多 2,001 点"
    assert "COST_EXCEEDED 此操作可得 2001 点" in await page.text(".hub-problems")

    await page.run(f"{model('variables.json')}.setValue('first')")

    await page.until("document.querySelector('.hub-panel').innerText.includes('不是 JSON 对象')")


async def test_the_first_list_becomes_a_table_with_a_chart_beside_it(
    page: Page, hub_url: str
) -> None:
    await signed_in(page, hub_url)
    await run(page, LEDGER)
    await page.click("显示结果表格与图表")

    await page.until("document.querySelector('.hub-chart svg path')")
    table = await page.text(".hub-table")
    assert "owner.name" in table
    assert "数字压力计 25 号" in table
    assert page.complaints == []


async def test_the_downloads_open_as_they_were_shown(
    page: Page, hub_url: str, tmp_path: Path
) -> None:
    await signed_in(page, hub_url)
    await run(page, LEDGER.replace("25", "900"))
    await page.click("显示结果表格与图表")

    text = await download(page, tmp_path, "下载 CSV", "instruments.nodes.csv")
    book = await download(page, tmp_path, "下载 Excel", "instruments.nodes.xlsx")

    header, first, _, third, *_ = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.count(b"\r\n") == 901
    assert header == ["assetNo", "name", "resolution", "intervalMonths", "owner.name", "remark"]
    assert first[2:4] == ["0.010", "12"]
    assert third[5] == "'=HYPERLINK(1)"
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert len(rows) == 901
    assert rows[1] == ["JL-0001", "数字压力计 1 号", "0.010", 12.0, "苏州示范企业", ""]
    assert page.complaints == []


async def test_a_subscription_arrives_over_the_socket_with_the_token(
    page: Page, hub_url: str
) -> None:
    await signed_in(page, hub_url)
    await run(page, "subscription { changes(count: 3) { pos by } }")

    await page.until(f"{model('response.json')}.getValue().includes('\"pos\": 3')")
    assert '"by": "enterprise"' in await page.run(f"{model('response.json')}.getValue()")
    assert f"{hub_url.replace('http', 'ws')}/graphql" in page.requests
    assert page.complaints == []


async def test_a_subscription_without_a_token_says_that_a_login_is_needed(
    page: Page, hub_url: str
) -> None:
    await opened(page, f"{hub_url}/graphiql")
    query = json.dumps("subscription { changes { pos } }")
    await page.run(f"{model('operation.graphql')}.setValue({query})")
    await page.click("运行查询")

    await page.until(f"{model('response.json')}.getValue().includes('需要登录')")


async def test_our_own_panels_break_no_accessibility_rule(
    page: Page, hub_url: str, rebuilt: Path
) -> None:
    axe = (rebuilt / "axe.min.js").read_text(encoding="utf-8")

    async def violations(where: str) -> object:
        found = f"axe.run({json.dumps(where)}).then(it => JSON.stringify(it.violations))"
        return json.loads(await page.run(found))

    await opened(page, f"{hub_url}/graphiql")
    await page.run(axe)
    assert await violations(".hub-panel") == []
    await page.click("令牌")
    await page.until("document.querySelector('[role=dialog]')")
    assert await violations("[role=dialog]") == []
    await page.fill("input[name=token]", TOKEN)
    await page.click("使用这个令牌")
    await run(page, LEDGER)
    await page.click("显示结果表格与图表")
    await page.until("document.querySelector('.hub-chart svg path')")

    assert await violations(".hub-panel") == []
    assert await violations(".hub-status") == []

    await explaining(page, LEDGER, '{"first": 2000}')
    await page.until("document.querySelector('.hub-problems')")
    assert await violations(".hub-panel") == []
    await page.run(f"{model('variables.json')}.setValue('')")
    await page.until("document.querySelector('.hub-panel details')")
    await page.run(
        "document.querySelectorAll('.hub-panel details').forEach(one => one.open = true)"
    )
    assert await violations(".hub-panel") == []
