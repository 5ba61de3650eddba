#!/usr/bin/env python3
# Kept word for word as the program that made the expected files; hence its dense layout.
# fmt: off
# ruff: noqa: B905, C408, C901, D400, D415, DTZ001, E401, E501, E701, E702, E731, F401, I001
# ruff: noqa: N806, RUF005, S311, SIM115, SIM210, UP031
"""Builds the messy sample ledgers (constructed data) and the list of what is wrong in them.

usage: python sample_ledger_generate.py OUTDIR [--only 1|2|3]
  1  sample-ledger-1-200.csv/.xlsx   200 data rows, UTF-8 with BOM / workbook, title and footer lines
  2  sample-ledger-2-2000.csv        2 000 data rows, GB18030, CRLF, header variants
  3  sample-ledger-3-20000.csv       20 000 data rows, UTF-8 (not stored: run this script)
Deterministic: same Python minor version, same bytes. The workbook needs the package openpyxl.
The rules that decide import / warn / skip / reject are the "ledger import contract" in domain.md.
Every organisation, person and number below is invented.
"""
import argparse, csv, datetime as dt, io, json, os, random, calendar

AS_OF = dt.date(2024, 6, 30)
TEMPLATES = [  # name, models, ranges, accuracies, interval months, mode, class weights
    ('外径千分尺', ['0-25', '25-50', '50-75'], [('0', '25', 'mm'), ('25', '50', 'mm'), ('50', '75', 'mm')], ['±4μm', '0.01mm'], 12, 'CALIBRATION'),
    ('游标卡尺', ['0-150', '0-200', '0-300'], [('0', '150', 'mm'), ('0', '200', 'mm'), ('0', '300', 'mm')], ['±0.02mm', '0.02mm'], 12, 'CALIBRATION'),
    ('数显卡尺', ['500-196', 'SJ-150'], [('0', '150', 'mm')], ['±0.03mm'], 12, 'CALIBRATION'),
    ('百分表', ['0-10'], [('0', '10', 'mm')], ['0.01mm'], 6, 'INTERNAL'),
    ('一般压力表', ['Y-100', 'Y-150', 'YN-60'], [('0', '1.6', 'MPa'), ('0', '0.6', 'MPa'), ('-0.1', '0', 'MPa'), ('0', '2.5', 'MPa')], ['1.6级', '2.5级'], 6, 'VERIFICATION'),
    ('电子天平', ['ME204', 'BSA224S', 'FA2004'], [('0', '220', 'g'), ('0', '200', 'g')], ['Ⅰ级', 'Ⅱ级'], 12, 'VERIFICATION'),
    ('电子台秤', ['TCS-150', 'TCS-300'], [('1', '150', 'kg'), ('2', '300', 'kg')], ['Ⅲ级'], 12, 'VERIFICATION'),
    ('电子汽车衡', ['SCS-60', 'SCS-100'], [('0.4', '60', 't'), ('1', '100', 't')], ['Ⅲ级'], 12, 'VERIFICATION'),
    ('数字万用表', ['F-15B', 'UT61E', '34401'], [('0', '1000', 'V')], ['0.5级'], 12, 'CALIBRATION'),
    ('绝缘电阻表', ['ZC25-3', 'ZC-7'], [('0', '500', 'MΩ')], ['10级'], 24, 'VERIFICATION'),
    ('双金属温度计', ['WSS-411', 'WSS-481'], [('0', '100', '℃'), ('0', '300', '℃'), ('-40', '80', '℃')], ['1.5级'], 12, 'CALIBRATION'),
    ('温湿度计', ['TAL-2', 'WS-A1'], [('-10', '50', '℃')], ['±1℃'], 12, 'CALIBRATION'),
    ('扭矩扳手', ['NB-100', 'QL200N'], [('20', '100', 'N·m'), ('40', '200', 'N·m')], ['±3%'], 12, 'CALIBRATION'),
    ('量块', ['83块组'], [('0.5', '100', 'mm')], ['4等'], 12, 'VERIFICATION'),
    ('可燃气体检测报警器', ['GT-100', 'QB2000'], [('0', '100', '%LEL')], ['±5%FS'], 12, 'VERIFICATION'),
    ('直流电阻箱', ['ZX21', 'ZX74'], [('0', '99999.9', 'Ω')], ['0.1级'], 12, 'CALIBRATION'),
    ('耐电压测试仪', ['CS2670A', 'TH9201'], [('0', '5', 'kV')], ['5级'], 12, 'VERIFICATION'),
    ('硬度计', ['HR-150A', 'HV-1000'], [('20', '88', 'HRA')], ['±1.5HRC'], 12, 'VERIFICATION'),
]
MAKERS = ['样例量具一厂', '样例仪表有限公司', '示范衡器制造有限公司', '示范电子仪器(苏州)有限公司', '样例温度仪表厂', 'SAMPLE INSTRUMENTS', '示范精密工具有限公司']
DEPTS = ['品质部', '生产一车间', '生产二车间', '设备动力部', '仓储部', '研发中心', '检验科', '工艺科']
PLACES = ['A栋2楼', '1#厂房', '锅炉房', '成品库', '计量室', '2号线', '门卫地磅', '实验室']
PEOPLE = ['王样例', '李示范', '张测试', '陈样本', '赵虚构', '钱假名']
ZH_STATUS = {'IN_USE': ['在用', '使用中', '正常', '启用', '合格在用'], 'STOPPED': ['停用', '暂停使用', '禁用'], 'SEALED': ['封存', '已封存'], 'SCRAPPED': ['报废', '已报废']}
ZH_MODE = {'VERIFICATION': ['检定', '强检', '强制检定'], 'CALIBRATION': ['校准', '外校', '送校'], 'INTERNAL': ['内校', '自校', '内部校准'], 'EXEMPT': ['免检', '不检']}
FIELDS = ['assetNo', 'name', 'modelSpec', 'serialNo', 'manufacturer', 'range', 'accuracy', 'managementClass', 'department', 'location', 'custodian', 'mode', 'intervalMonths', 'lastDate', 'dueDate', 'certificateNo', 'status', 'compulsory', 'remark']


def add_months(d, n):
    y, m = divmod(d.year * 12 + d.month - 1 + n, 12)
    m += 1
    return dt.date(y, m, min(d.day, calendar.monthrange(y, m)[1]))


def wide(s, rnd, p=0.5):
    return ''.join(chr(ord(c) + 0xFEE0) if '!' <= c <= '~' and rnd.random() < p else c for c in s)


class Row(dict):
    """value = canonical value, 'raw' = rendered text, 'codes' = list, 'outcome'"""


class Gen:
    def __init__(self, seed, prefix, headers, dates, intervals, ranges, n, opts):
        self.r = random.Random(seed)
        self.prefix, self.headers, self.dates, self.intervals, self.rngs, self.n, self.o = prefix, headers, dates, intervals, ranges, n, opts
        self.seq = 0
        self.serials = {}

    # ---- canonical record -------------------------------------------------
    def record(self):
        r = self.r
        name, models, ranges, accs, iv, mode = r.choice(TEMPLATES)
        k = r.randrange(len(ranges))
        self.seq += 1
        last = AS_OF - dt.timedelta(days=r.randrange(5, 700))
        status = r.choices(['IN_USE', 'STOPPED', 'SEALED', 'SCRAPPED'], [88, 4, 5, 3])[0]
        c = {'assetNo': '%s-%05d' % (self.prefix, self.seq), 'name': name, 'modelSpec': models[k % len(models)],
             'serialNo': '%s%06d' % (r.choice('ABDGHKMNS') + r.choice(['', '2', '7']), self.seq * 7 + r.randrange(7)),
             'manufacturer': r.choice(MAKERS), 'rangeLower': ranges[k][0], 'rangeUpper': ranges[k][1], 'rangeUnit': ranges[k][2],
             'accuracy': r.choice(accs), 'managementClass': r.choices(['A', 'B', 'C', None], [2, 5, 2, 1])[0], 'department': r.choice(DEPTS),
             'location': r.choice(PLACES), 'custodian': r.choice(PEOPLE), 'mode': mode, 'intervalMonths': iv, 'lastDate': last,
             'certificateNo': '%s%s%05d' % (r.choice(['LX', 'RG', 'DC', 'CD']), last.year, r.randrange(100000)), 'status': status,
             'compulsory': (True if mode == 'VERIFICATION' and r.random() < .5 else False), 'remark': ''}
        c['dueDate'] = add_months(last, iv) - dt.timedelta(days=1)
        return c

    # ---- rendering --------------------------------------------------------
    def text(self, s):
        r = self.r
        if s is None: return ''
        x = r.random()
        if x < self.o['pad']: s = r.choice([' ' + s, s + ' ', '\u3000' + s, s + '\u00a0'])
        elif x < self.o['pad'] + self.o['wide']: s = wide(s, r)
        return s

    def render(self, c):
        r = self.r
        raw = {}
        for f in ('assetNo', 'name', 'modelSpec', 'serialNo', 'manufacturer', 'department', 'location', 'custodian', 'certificateNo', 'remark'):
            raw[f] = self.text(c[f])
        raw['accuracy'] = c['accuracy']
        raw['range'] = r.choice(self.rngs)(c['rangeLower'], c['rangeUpper'], c['rangeUnit'])
        k = c['managementClass']
        raw['managementClass'] = '' if k is None else r.choice([k, k + '类', k.lower(), wide(k, r, 1)])
        raw['mode'] = r.choice(ZH_MODE[c['mode']])
        raw['status'] = r.choice(ZH_STATUS[c['status']])
        raw['intervalMonths'] = r.choice(self.intervals)(c['intervalMonths'])
        raw['lastDate'] = r.choice(self.dates)(c['lastDate'])
        x = r.random()
        if x < .55: raw['dueDate'] = r.choice(self.dates)(c['dueDate'])
        elif x < .8: raw['dueDate'] = r.choice(self.dates)(c['dueDate'] + dt.timedelta(days=1) if add_months(c['lastDate'], c['intervalMonths']) == c['dueDate'] + dt.timedelta(days=1) else c['dueDate'])
        else: raw['dueDate'] = ''
        raw['compulsory'] = r.choice(['是', '√', 'Y', '强检']) if c['compulsory'] else r.choice(['否', '', 'N', '非强检'])
        return raw

    # ---- defects ----------------------------------------------------------
    def rows(self):
        r, out, accepted = self.r, [], []
        count = 0
        while count < self.n:
            x = r.random()
            if x < self.o['blank']:
                out.append({'kind': 'blank', 'raw': {}}); continue
            if x < self.o['blank'] + self.o['rehead'] and len(out) > 5:
                out.append({'kind': 'header', 'raw': {}}); continue
            c = self.record(); raw = self.render(c)
            codes, outcome = [], 'import'
            if c['compulsory'] is False and raw['compulsory'] == '': c['compulsory'] = None
            d = r.random()
            if d < self.o['defect']:
                kind = r.choice(self.o['defects'])
                if kind == 'MISSING_NAME': raw['name'] = r.choice(['', ' ', '\u3000']); codes, outcome = [kind], 'reject'
                elif kind == 'NO_KEY': raw['assetNo'] = ''; raw['serialNo'] = r.choice(['', '/', '-', '无']); codes, outcome = [kind], 'reject'
                elif kind == 'BAD_DATE': raw['lastDate'] = r.choice(self.o['bad_dates']); codes, outcome = [kind], 'reject'
                elif kind == 'FUTURE_DATE':
                    z = AS_OF + dt.timedelta(days=r.randrange(30, 3000)); raw['lastDate'] = r.choice(self.dates)(z); raw['dueDate'] = ''; codes, outcome = [kind], 'reject'
                elif kind == 'BAD_INTERVAL': raw['intervalMonths'] = r.choice(self.o['bad_intervals']); codes, outcome = [kind], 'reject'
                elif kind == 'UNKNOWN_STATUS': raw['status'] = r.choice(['???', '借出', '丢失']); codes, outcome = [kind], 'reject'
                elif kind == 'UNKNOWN_CLASS': raw['managementClass'] = r.choice(['D', '特级', '1']); c['managementClass'] = None; codes = [kind]
                elif kind == 'UNKNOWN_MODE': raw['mode'] = r.choice(['比对', '待定']); c['mode'] = None; codes = [kind]
                elif kind == 'ASSET_NO_MISSING': raw['assetNo'] = r.choice(['', '/', '无']); c['assetNo'] = None; codes = [kind]
                elif kind == 'DUE_MISMATCH': raw['dueDate'] = r.choice(self.dates)(c['dueDate'] + dt.timedelta(days=r.choice([-31, 29, 181, 365]))); codes = [kind]
                elif kind == 'BAD_DUE_DATE': raw['dueDate'] = r.choice(self.o['bad_dates']); codes = [kind]
                elif kind == 'INTERVAL_MISSING':
                    raw['intervalMonths'] = r.choice(['', '/']); raw['dueDate'] = ''; c['intervalMonths'] = None; c['dueDate'] = None; codes = [kind]
                elif kind == 'LAST_DATE_MISSING':
                    raw['lastDate'] = r.choice(['', '/', '-']); c['lastDate'] = None; raw['dueDate'] = ''; c['dueDate'] = None; codes = [kind]
                elif kind == 'INCOMPLETE_DATE':
                    raw['lastDate'] = r.choice(['%d-%02d', '%d年%d月', '%d.%d']) % (c['lastDate'].year, c['lastDate'].month); c['lastDate'] = None; raw['dueDate'] = ''; c['dueDate'] = None; codes = [kind]
                elif kind == 'STATUS_MISSING': raw['status'] = ''; c['status'] = 'IN_USE'; codes = [kind]
                elif kind == 'RANGE_UNPARSED':
                    raw['range'] = r.choice(['见铭牌', '全量程', '多量程', '?']); c['rangeLower'] = c['rangeUpper'] = c['rangeUnit'] = None; codes = [kind]
                elif kind == 'SERIAL_SCIENTIFIC': raw['serialNo'] = '2.02%03dE+11' % r.randrange(1000); c['serialNo'] = raw['serialNo']; codes = [kind]
                elif kind == 'FORMULA_LIKE': raw['remark'] = r.choice(['=1+1', '=HYPERLINK("x")', '@SUM(A1)', '+86 见合同']); c['remark'] = raw['remark']; codes = [kind]
                elif kind == 'EXEMPT':
                    c['mode'] = 'EXEMPT'; raw['mode'] = r.choice(ZH_MODE['EXEMPT']); raw['intervalMonths'] = r.choice(['', '/', '-']); c['intervalMonths'] = None; c['dueDate'] = None; raw['dueDate'] = ''; raw['compulsory'] = ''; c['compulsory'] = None
                elif kind == 'EXACT_DUPLICATE' and accepted:
                    src = r.choice(accepted); c = dict(src['canon']); raw = dict(src['raw']); codes, outcome = [kind], 'skip'
                elif kind == 'DUPLICATE_ASSET_NO' and accepted:
                    src = r.choice(accepted); raw['assetNo'] = r.choice([src['raw']['assetNo'], src['canon']['assetNo'].lower(), wide(src['canon']['assetNo'], r, 1)]); c['assetNo'] = src['canon']['assetNo']; codes, outcome = [kind], 'reject'
                elif kind == 'DUPLICATE_SERIAL' and accepted:
                    src = r.choice(accepted); raw['serialNo'] = src['canon']['serialNo']; raw['manufacturer'] = src['canon']['manufacturer']; c['serialNo'] = src['canon']['serialNo']; c['manufacturer'] = src['canon']['manufacturer']; codes = [kind]
            row = {'kind': 'data', 'canon': c, 'raw': raw, 'codes': codes, 'outcome': outcome}
            out.append(row); count += 1
            if outcome == 'import' and not codes and c['assetNo']: accepted.append(row)
        return out


def iso(v): return v.isoformat() if isinstance(v, dt.date) else v


def expected(path_names, rows, first_line, opts, headers):
    lines, wrong, n = [], [], {'import': 0, 'skip': 0, 'reject': 0, 'blank': 0, 'header': 0, 'warned': 0}
    for i, row in enumerate(rows):
        ln = first_line + i
        if row['kind'] != 'data': n[row['kind']] += 1; continue
        n[row['outcome']] += 1
        if row['codes']: wrong.append({'line': ln, 'outcome': row['outcome'], 'codes': row['codes']})
        if row['outcome'] == 'import':
            if row['codes']: n['warned'] += 1
            lines.append({'line': ln, **{k: iso(v) for k, v in row['canon'].items() if v not in (None, '')}})
    return {'note': 'constructed data; rules: ledger import contract in domain.md', 'files': path_names, 'as_of': AS_OF.isoformat(), **opts,
            'header_map': headers, 'counts': n, 'wrong': wrong, 'imported': lines}


DATES = [lambda d: '%d/%d/%d' % (d.year, d.month, d.day), lambda d: '%d.%02d.%02d' % (d.year, d.month, d.day), lambda d: d.isoformat(),
         lambda d: str((d - dt.date(1899, 12, 30)).days), lambda d: '%d年%d月%d日' % (d.year, d.month, d.day), lambda d: d.strftime('%Y%m%d'),
         lambda d: d.isoformat() + ' 00:00:00', lambda d: '%d.%d.%d' % (d.year, d.month, d.day)]
IV = [lambda m: str(m), lambda m: '%d个月' % m, lambda m: '%d月' % m, lambda m: {6: '半年', 12: '一年', 24: '两年'}[m], lambda m: {6: '0.5年', 12: '1年', 24: '2年'}[m]]
RG = [lambda a, b, u: '(%s~%s)%s' % (a, b, u), lambda a, b, u: '%s～%s%s' % (a, b, u), lambda a, b, u: '（%s～%s）%s' % (a, b, u),
      lambda a, b, u: '%s-%s %s' % (a, b, u) if not a.startswith('-') else '%s~%s %s' % (a, b, u), lambda a, b, u: '%s%s~%s%s' % (a, u, b, u)]
ALL = ['MISSING_NAME', 'NO_KEY', 'BAD_DATE', 'FUTURE_DATE', 'BAD_INTERVAL', 'UNKNOWN_STATUS', 'UNKNOWN_CLASS', 'UNKNOWN_MODE', 'ASSET_NO_MISSING', 'DUE_MISMATCH', 'BAD_DUE_DATE',
       'INTERVAL_MISSING', 'LAST_DATE_MISSING', 'INCOMPLETE_DATE', 'STATUS_MISSING', 'RANGE_UNPARSED', 'SERIAL_SCIENTIFIC', 'FORMULA_LIKE', 'EXEMPT', 'EXACT_DUPLICATE', 'DUPLICATE_ASSET_NO', 'DUPLICATE_SERIAL']
BAD_DATES = ['2024-13-05', '2024/2/30', '去年三月', '2023.00.11', '24-3', '待定', '2023-02-29']
BAD_IV = ['0', '-6', '1200', '不定期', '12-24', 'abc']
H1 = {'序号': None, '管理编号': 'assetNo', '器具名称': 'name', '规格型号': 'modelSpec', '出厂编号': 'serialNo', '制造厂': 'manufacturer', '测量范围': 'range', '准确度等级': 'accuracy', '管理类别': 'managementClass',
      '使用部门': 'department', '使用地点': 'location', '保管人': 'custodian', '检定/校准': 'mode', '检定周期(月)': 'intervalMonths', '检定日期': 'lastDate', '有效期至': 'dueDate', '证书编号': 'certificateNo', '使用状态': 'status', '是否强检': 'compulsory', '备注': 'remark'}
H2 = {'编 号': 'assetNo', '仪器名称': 'name', '型号/规格': 'modelSpec', '出场编号': 'serialNo', '生产厂家': 'manufacturer', '量程': 'range', '精度': 'accuracy', 'ABC分类': 'managementClass', '部门': 'department', '安装位置': 'location', '责任人': 'custodian',
      '溯源方式': 'mode', '校准周期': 'intervalMonths', '上次校准日期': 'lastDate', '下次校准日期': 'dueDate', '证书号': 'certificateNo', '状态': 'status', '强检': 'compulsory', '备 注': 'remark'}
H3 = {'设备编号': 'assetNo', '设备名称': 'name', '规格': 'modelSpec', '序列号': 'serialNo', '厂商': 'manufacturer', '测量范围（量程）': 'range', '不确定度/准确度/最大允差': 'accuracy', '分类管理': 'managementClass', '使用单位': 'department', '存放地点': 'location', '管理人': 'custodian',
      '检校方式': 'mode', '检定周期': 'intervalMonths', '最近检定日期': 'lastDate', '到期日期': 'dueDate', '证书编号': 'certificateNo', '器具状态': 'status', '强检标志': 'compulsory', '说明': 'remark'}


def table(rows, headers):
    out = []
    for i, row in enumerate(rows):
        if row['kind'] == 'blank': out.append([''] * len(headers))
        elif row['kind'] == 'header': out.append(list(headers))
        else: out.append([(str(i + 1) if f is None else row['raw'][f]) for f in headers.values()])
    return out


def main():
    ap = argparse.ArgumentParser(); ap.add_argument('out'); ap.add_argument('--only', type=int)
    a = ap.parse_args(); os.makedirs(a.out, exist_ok=True)
    base = dict(pad=.06, wide=.05, blank=.02, rehead=.0, defect=.16, defects=ALL, bad_dates=BAD_DATES, bad_intervals=BAD_IV)
    P = lambda n: os.path.join(a.out, n)
    if a.only in (None, 1):
        rows = Gen(20240630, 'SZ-JL', H1, DATES, IV, RG, 200, dict(base, defect=.3, blank=.05)).rows(); t = table(rows, H1)
        pre = [['示范精密机械(苏州)有限公司计量器具台账'] + [''] * (len(H1) - 1), ['编制部门：品质部', '', '', '编制日期：2024年6月30日'] + [''] * (len(H1) - 4), list(H1)]
        post = [['合计', '', '200台(件)'] + [''] * (len(H1) - 3), ['制表：王样例', '', '', '审核：李示范'] + [''] * (len(H1) - 4)]
        with open(P('sample-ledger-1-200.csv'), 'w', encoding='utf-8-sig', newline='') as f: csv.writer(f).writerows(pre + t + post)
        json.dump(expected(['sample-ledger-1-200.csv', 'sample-ledger-1-200.xlsx (sheet 台账)'], rows, 4, {'encoding': 'utf-8-sig (csv)', 'header_line': 3, 'ignored_footer_lines': [4 + len(rows), 5 + len(rows)]}, H1), open(P('sample-ledger-1-200.expected.json'), 'w', encoding='utf-8'), ensure_ascii=False, indent=0)
        try:
            import openpyxl
        except ImportError:
            print('openpyxl missing: workbook not written'); openpyxl = None
        if openpyxl:
            wb = openpyxl.Workbook(); ws = wb.active; ws.title = '台账'
            for line in pre: ws.append(line)
            r2 = random.Random(7); cols = list(H1.values())
            for row, line in zip(rows, t):
                cells = list(line)
                if row['kind'] == 'data':
                    c = row['canon']
                    for f in ('lastDate', 'dueDate'):  # some cells are real date cells or plain numbers, as in real books
                        k = cols.index(f); v = row['raw'][f]
                        if isinstance(c.get(f), dt.date) and v and not {'DUE_MISMATCH', 'BAD_DUE_DATE'} & set(row['codes']) and r2.random() < .4 and row['outcome'] == 'import' and (f == 'lastDate' or c['lastDate']):
                            cells[k] = dt.datetime.combine(c[f], dt.time())
                        elif v.isdigit() and len(v) == 5: cells[k] = int(v)
                    k = cols.index('intervalMonths')
                    if cells[k].isdigit() and r2.random() < .7: cells[k] = int(cells[k])
                ws.append([x if x != '' else None for x in cells])
            for line in post: ws.append([x if x != '' else None for x in line])
            for row in ws.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value[:1] in '=+@': cell.data_type = 's'
                    if isinstance(cell.value, dt.datetime): cell.number_format = 'yyyy/m/d'
            ws.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(H1))
            w2 = wb.create_sheet('填表说明'); w2.append(['本表由各部门填写，日期格式不限。'])
            wb.properties.created = wb.properties.modified = dt.datetime(2024, 6, 30); wb.save(P('sample-ledger-1-200.xlsx'))
    if a.only in (None, 2):
        rows = Gen(1052, 'KS', H2, DATES[:5], IV[:4], RG, 2000, dict(base, rehead=.004)).rows()
        pre = [list(H2)]
        with open(P('sample-ledger-2-2000.csv'), 'w', encoding='gb18030', newline='') as f: csv.writer(f, lineterminator='\r\n').writerows(pre + table(rows, H2))
        json.dump(expected(['sample-ledger-2-2000.csv'], rows, 2, {'encoding': 'gb18030', 'header_line': 1}, H2), open(P('sample-ledger-2-2000.expected.json'), 'w', encoding='utf-8'), ensure_ascii=False, indent=0)
    if a.only in (None, 3):
        rows = Gen(3205, 'WJ', H3, DATES, IV, RG, 20000, dict(base, defect=.08)).rows()
        with open(P('sample-ledger-3-20000.csv'), 'w', encoding='utf-8', newline='') as f: csv.writer(f).writerows([list(H3)] + table(rows, H3))
        json.dump(expected(['sample-ledger-3-20000.csv'], rows, 2, {'encoding': 'utf-8', 'header_line': 1}, H3), open(P('sample-ledger-3-20000.expected.json'), 'w', encoding='utf-8'), ensure_ascii=False)


if __name__ == '__main__':
    main()
