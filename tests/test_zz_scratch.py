from datetime import date
import time, statistics
from uuid import uuid4
import hub.actions.sync_statement as ss
from hub.actions.instrument_sync import INSTRUMENTS
from hub.actions.sync import Call, sync
from hub.actor import Actor
from hub.vocabulary import OnError
from tests.ledger_verbs import a_firm

async def test_it(hub):
    for ext in (False, True):
        for n in (500,):
            firm = await a_firm(hub)
            actor = Actor(login=firm.user.login_name, user_id=firm.user.id, organization_id=firm.owner.id, roles=frozenset(firm.user.roles))
            many=[{"assetNo":f"JL-2024-{i:05}","name":"指针式压力表","modelSpec":"Y-100 (0-1.6)MPa","serialNo":f"SN{i:08}","manufacturer":"上海自动化仪表四厂","location":"一车间 3# 锅炉","department":"设备动力部","intervalMonths":12,"managementClass":"A","remark":"sync 00000001"} | ({"externalId":f"E{i}"} if ext else {}) for i in range(n)]
            up, same = [], []
            for k in range(40):
                for r in many: r["remark"]=f"r{k//2}"
                t=time.perf_counter()
                async with sync(hub.hub.reads, actor, INSTRUMENTS, Call(None,"erp",many,OnError.REJECT_ALL,False,str(uuid4()),date(2026,11,22),None)) as d: pass
                (same if k%2 else up).append((time.perf_counter()-t)*1e3)
            print(ext, n, "updated", statistics.median(up[1:]), min(up[1:]), "same", statistics.median(same), min(same))
