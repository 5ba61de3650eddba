# ruff: noqa: B007, B905, C408, C901, D400, D403, D415, E401, E402, E501, E701, E702, E703, E741, F401, I001, N803, N806, N817, PERF401, RET504, S311, SIM115, SIM300, T201, W291
# mypy: ignore-errors
# fmt: off
"""Reference implementations and test vectors for the metrology data hub (domain research). Decimal only."""
import json, random, sys, datetime as dt, math
from decimal import Decimal as D, ROUND_HALF_EVEN, ROUND_FLOOR, getcontext
getcontext().prec = 60

# ---------- GB/T 8170-2008 rounding ----------
def plain(d):
    s = format(d, 'f')
    return s
def round_interval(x, step):
    """round x to an integer multiple of step (step = n*10^k), ties to even multiple; sign handled on |x|"""
    x = D(x); step = D(step)
    q = (abs(x) / step).quantize(D(1), rounding=ROUND_HALF_EVEN)
    r = q * step
    exp = step.as_tuple().exponent
    if exp < 0:
        r = r.quantize(D(1).scaleb(exp))
    if x < 0 and r != 0: r = -r
    return r
def round_places(x, n):   # n decimals, n may be negative (tens, hundreds ...)
    return round_interval(x, D(1).scaleb(-n))
def norm(d):
    d = d.normalize()
    return format(d, 'f')
def round_sig(x, n):
    x = D(x)
    if x == 0: return D(0)
    e = x.adjusted()
    r = round_interval(x, D(1).scaleb(e - n + 1))
    if r.adjusted() != e:       # 9.96 -> 10.0 : keep n significant digits
        r = r.quantize(D(1).scaleb(r.adjusted() - n + 1)) if r.adjusted()-n+1 <= 0 else r
    return r
def half_up(x, n):
    from decimal import ROUND_HALF_UP
    return D(x).quantize(D(1).scaleb(-n), rounding=ROUND_HALF_UP)

# ---------- USCC GB 32100-2015 ----------
ALPH = '0123456789ABCDEFGHJKLMNPQRTUWXY'
W17 = [pow(3, i, 31) for i in range(17)]
def uscc_check(c17):
    s = sum(ALPH.index(c)*w for c, w in zip(c17, W17))
    return ALPH[(31 - s % 31) % 31]
def orgcode_check(c8):       # GB 11714 (mod 11), positions 9..16 -> 17 of the USCC
    A36='0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    w=[3,7,9,10,5,8,4,2]
    s=sum(A36.index(c)*k for c,k in zip(c8,w))
    v=11-s%11
    return 'X' if v==10 else '0' if v==11 else str(v)
def uscc_valid(c):
    c=c.strip()
    if len(c)!=18: return 'LENGTH'
    if any(ch not in ALPH for ch in c): return 'CHARSET'
    if not c[2:8].isdigit(): return 'DISTRICT'
    if uscc_check(c[:17])!=c[17]: return 'CHECK_DIGIT'
    return 'OK'
# ---------- resident id GB 11643-1999 ----------
WI=[7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2]
def rid_check(c17): return '10X98765432'[sum(int(a)*w for a,w in zip(c17,WI))%11]
def rid_valid(c):
    c=c.strip().upper()
    if len(c)!=18: return 'LENGTH'
    if any(ch not in '0123456789' for ch in c[:17]) or c[17] not in '0123456789X': return 'CHARSET'
    try: dt.date(int(c[6:10]),int(c[10:12]),int(c[12:14]))
    except ValueError: return 'BIRTH_DATE'
    return 'OK' if rid_check(c[:17])==c[17] else 'CHECK_DIGIT'
# ---------- due date ----------
def add_months(d,n):
    y,m=divmod(d.year*12+d.month-1+n,12); m+=1
    import calendar
    return dt.date(y,m,min(d.day,calendar.monthrange(y,m)[1]))
def valid_until(cal,months): return add_months(cal,months)-dt.timedelta(days=1)
# ---------- certificate verify code (idea) ----------
import hmac, hashlib
CROCK = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
def iso7064_37_36(s):
    B='0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'; p=36
    for c in s:
        p=(p+B.index(c))%36 or 36
        p=p*2%37
    return B[(37-p)%36]
def verify_code(key,no,date):
    n=int.from_bytes(hmac.new(key.encode(),(no+'|'+date).encode(),hashlib.sha256).digest()[:7],'big')>>6
    s=''.join(CROCK[(n>>(5*i))&31] for i in range(9,-1,-1))
    return s+iso7064_37_36(s)
# ---------- En ----------
def en(xl,xr,ul,ur):
    return (D(xl)-D(xr))/(D(ul)**2+D(ur)**2).sqrt()
def main():
    V={}
    r=[]
    for x,n in [('12.1498',0),('12.1498',1),('1268',-2),('10.5002',0),('1.050',1),('0.35',1),('2500',-3),('3500',-3),('0.0325',3),('32500',-3),('15.4546',0),('-355',-1),('-325',-1),('-365',-2),('-0.0365',3),('8.53459',2),('28.175',2),('28.165',2),('28.350',1),('28.250',1),('28.050',1),('28.2501',1),('2.5',0),('3.5',0),('-2.5',0),('0.5',0),('1.5',0),('0.05',1),('2.675',2),('1.005',2),('0.285',2),('1.115',2),('4.35',1),('5.055',2),('9.995',2),('99.95',1),('0.4999999999999999999',0),('-0.4',0),('1000000000000000.5',0),('1000000000000001.5',0),('6.5E-3',3),('0',2)]:
        r.append(dict(x=x,decimals=n,result=plain(round_places(x,n))))
    V['gbt8170_decimals']=r
    V['gbt8170_half_unit']=[dict(x=x,unit=u,result=norm(round_interval(D(x)*2,u)/2)) for x,u in [('60.25','1'),('60.38','1'),('60.28','1'),('-60.75','1'),('63.37','1'),('63.37','10'),('0.125','0.1'),('0.15','0.1'),('12.25','1'),('12.75','1'),('-12.25','1')]]
    V['gbt8170_fifth_unit']=[dict(x=x,unit=u,result=norm(round_interval(D(x)*5,u)/5)) for x,u in [('830','100'),('842','100'),('840','100'),('-930','100'),('1075.2','10'),('0.1','1'),('0.3','1'),('0.5','1'),('0.7','1'),('2.1','1')]]
    V['gbt8170_significant']=[dict(x=x,digits=n,result=plain(round_sig(x,n))) for x,n in [('0.012345',2),('0.0996',2),('0.0994',2),('9.96',2),('8.53459',3),('0.00250',1),('0.00350',1),('0.0451',1),('1.25',2),('1.35',2)]]
    V['no_double_rounding']=[dict(x='15.4546',step='1',correct=plain(round_places('15.4546',0)),wrong_chain=['15.455','15.46','15.5','16']),
                             dict(x='8.53459',step='0.01',correct=plain(round_places('8.53459',2)),wrong_chain=['8.5346','8.535','8.54']),
                             dict(x='2.154546',step='0.01',correct=plain(round_places('2.154546',2)),wrong_chain=['2.15455','2.1546','2.155','2.16'])]
    # reported value with (+)/(-) marks
    def flagged(v,mark,n):
        v=D(v); eps=D(1).scaleb(-30)
        t=v+ (eps if mark=='+' else -eps if mark=='-' else 0)*(1 if v>=0 else -1)
        return plain(round_places(t,n))
    V['reported_with_marks']=[dict(measured=m,reported=rv,mark=k,decimals=n,result=flagged(rv,k,n)) for m,rv,k,n in [('15.4546','15.5','-',0),('-15.4546','-15.5','-',0),('16.5203','16.5','+',0),('-16.5203','-16.5','+',0),('17.5000','17.5','',0)]]
    # limits
    def judge(x,lo,hi,dec,method,lo_inc=True,hi_inc=True):
        v=D(x) if method=='full' else round_places(x,dec)
        ok=True
        if lo is not None: ok&= (v>=D(lo)) if lo_inc else v>D(lo)
        if hi is not None: ok&= (v<=D(hi)) if hi_inc else v<D(hi)
        return ok
    L=[]
    for x,lo,hi,dec,li,hi_i in [('97.96','97.0',None,1,True,True),('96.96','97.0',None,1,True,True),('96.94','97.0',None,1,True,True),('97.00','97.0',None,1,False,True),('97.01','97.0',None,1,False,True),
                            ('0.3026','0.3','0.7',1,True,True),('0.7','0.3','0.7',1,True,True),('0.749','0.3','0.7',1,True,True),('0.751','0.3','0.7',1,True,True),
                            ('10.35','9.7','10.3',1,True,True),('10.349','9.7','10.3',1,True,True),('9.65','9.7','10.3',1,True,True),('9.66','9.7','10.3',1,True,True),('10.25','9.7','10.2',1,True,True)]:
        L.append(dict(x=x,lower=lo,upper=hi,limit_decimals=dec,lower_inclusive=li,upper_inclusive=hi_i,full_value=judge(x,lo,hi,dec,'full',li,hi_i),rounded_value=judge(x,lo,hi,dec,'rounded',li,hi_i),rounded=plain(round_places(x,dec))))
    V['limits']=L
    # uncertainty rounding: U to 2 sig (1st digit 1 or 2 -> keep 2), value to same place
    def report(y,U,n=2,mode='half-even'):
        if mode=='half-even': u=round_sig(U,n)
        else:
            e=D(U).adjusted()-n+1
            q=(D(U)/D(1).scaleb(e)).to_integral_value(rounding='ROUND_CEILING'); u=q*D(1).scaleb(e)
            u=u.quantize(D(1).scaleb(min(e,0))) if e<=0 else u
        place=-u.as_tuple().exponent if u.as_tuple().exponent<0 else 0
        if u==u.to_integral() and u.as_tuple().exponent>=0:
            ex=u.adjusted()-n+1
            yv=round_places(y,-ex)
        else: yv=round_places(y,place)
        return plain(yv),plain(u)
    U=[]
    for y,u,n,m in [('100.021475','0.00354',2,'half-even'),('100.021475','0.00354',1,'half-even'),('10.05762','0.02847',2,'half-even'),('10.05762','0.02847',1,'half-even'),('28.05','0.0285',2,'half-even'),('1.5','0.10501',2,'half-even'),('1.5','0.10501',2,'up'),('20.0005','0.00996',2,'half-even'),('20.0005','0.00996',1,'half-even'),('-0.084','0.0614',2,'half-even'),('54530','95.6',2,'half-even'),('54534.6','142',2,'half-even'),('0.25','0.25',2,'half-even'),('3.14159','0.0025',1,'half-even'),('3.14159','0.0035',1,'half-even')]:
        a,b=report(y,u,n,m); U.append(dict(value=y,U=u,digits=n,mode=m,reported_value=a,reported_U=b))
    V['uncertainty_report']=U
    # En
    E=[]
    for xl,xr,ul,ur in [('100.0012','100.0000','0.0010','0.0008'),('10.05','10.00','0.03','0.04'),('9.95','10.00','0.03','0.04'),('10.00','10.00','0.03','0.04'),('10.051','10.00','0.03','0.04'),('-0.084','0.072','0.061','0.061'),('54530','54670','96','140'),('1.0','2.0','0','0.5')]:
        e=en(xl,xr,ul,ur); E.append(dict(x_lab=xl,x_ref=xr,U_lab=ul,U_ref=ur,en=plain(e.quantize(D('0.0000001'))),en_2dp=plain(round_places(e,2)),satisfactory=abs(e)<=1))
    E.append(dict(x_lab='1.0',x_ref='1.0',U_lab='0',U_ref='0',en=None,en_2dp=None,satisfactory=None,error='ZERO_UNCERTAINTY'))
    V['en']=E
    Z=[]
    for x,X,s in [('10.3','10.0','0.1'),('10.2','10.0','0.1'),('10.21','10.0','0.1'),('9.7','10.0','0.1'),('9.69','10.0','0.1'),('10.0','10.0','0.1')]:
        z=(D(x)-D(X))/D(s); c='SATISFACTORY' if abs(z)<=2 else 'QUESTIONABLE' if abs(z)<3 else 'UNSATISFACTORY'
        Z.append(dict(x=x,assigned=X,sigma=s,z=plain(round_places(z,2)),verdict=c))
    V['z_score']=Z
    # robust z: median and normalised IQR
    data=['10.1','10.2','9.9','10.0','10.4','9.8','10.1','12.0']
    xs=sorted(map(D,data)); n=len(xs)
    def q(p):
        h=(n-1)*D(p); i=int(h); f=h-i
        return xs[i]+(xs[min(i+1,n-1)]-xs[i])*f
    med=q('0.5'); niqr=D('0.7413')*(q('0.75')-q('0.25'))
    V['robust_z']=dict(data=data,quartile_rule='linear interpolation, h=(n-1)p (Excel QUARTILE.INC)',median=plain(med),niqr=plain(niqr),z=[plain(round_places((D(v)-med)/niqr,2)) for v in data])
    # USCC
    G=[]
    for c in ['91350203M0001QAY9B','91350200MA2YJ1XR9G','91350200776049653A','91440101MA5CJQ4N59','123502001549897397','9135021359498494XQ','91350203M0001QAY9C','91350203M0001QAY9','91350203M0001QAY9I','9135020OM0001QAY9B',' 91350203M0001QAY9B ','91350203m0001qay9b']:
        G.append(dict(code=c,verdict=uscc_valid(c),check=uscc_check(c.strip()[:17]) if uscc_valid(c) in('OK','CHECK_DIGIT') else None))
    rnd=random.Random(1052)
    con=[]
    for k in range(6):
        body=''.join(rnd.choice('0123456789ABCDEFGHJKLMNPQRTUWXY') for _ in range(6)); body='MA'+body
        c17='91'+'320500'+body+orgcode_check(body)
        if c17[-1] not in ALPH: continue
        con.append(c17+uscc_check(c17))
    for c in con: G.append(dict(code=c,verdict=uscc_valid(c),check=c[-1],note='constructed, not a real organisation'))
    V['uscc']=dict(alphabet=ALPH,weights=W17,vectors=G)
    # resident id (all constructed; district 000000 does not exist)
    R=[]
    for c17 in ['00000019491231002','00000019800229001','00000019900101999','00000020000229123','00000019850607654']:
        c=c17+rid_check(c17); R.append(dict(id=c,verdict=rid_valid(c)))
    for c in ['000000194912310020'[:17]+('1' if rid_check('00000019491231002')!='1' else '2'),'00000019890229001'+rid_check('00000019890229001'),'00000019491231002','0000001949123100２X']:
        R.append(dict(id=c,verdict=rid_valid(c)))
    for d in R: d['masked']=(d['id'][:1]+'*'*16+d['id'][17:18]) if len(d['id'])==18 else None
    V['resident_id']=dict(weights=WI,check_map='10X98765432',note='constructed with the non-existent district 000000',vectors=R,
        masking=dict(name=[['张三','张*'],['欧阳修远','欧***'],['李','*']],phone=[['13812345678','138****5678'],['0512-65812345','0512-****2345']],email=[['zhangsan@example.com','z***@example.com']]))
    # due dates
    T=[]
    for c,m in [('2024-01-31',1),('2024-02-29',12),('2023-02-28',12),('2024-03-05',12),('2024-08-31',6),('2023-08-30',6),('2024-12-31',2),('2023-12-31',2),('2020-02-29',48),('2024-05-31',24),('2024-01-30',1),('2023-01-30',1)]:
        d=dt.date.fromisoformat(c); T.append(dict(calibrated=c,months=m,anniversary=add_months(d,m).isoformat(),valid_until=valid_until(d,m).isoformat()))
    V['due_date']=T
    S=[]
    for today,due in [('2024-06-01','2024-06-01'),('2024-06-02','2024-06-01'),('2024-05-02','2024-06-01'),('2024-05-01','2024-06-01'),('2024-06-01','2025-01-01')]:
        a=dt.date.fromisoformat(today); b=dt.date.fromisoformat(due); n=(b-a).days
        S.append(dict(today=today,valid_until=due,days_left=n,window_days=30,state='OVERDUE' if n<0 else 'DUE_SOON' if n<=30 else 'VALID'))
    V['due_state']=S
    X=[]
    for s in [1,59,60,61,45356,45000,36526,2958465,45356.5]:
        base=dt.date(1899,12,30); 
        X.append(dict(serial=s,date=(base+dt.timedelta(days=int(s))).isoformat() if s>=61 else (None if s==60 else (base+dt.timedelta(days=int(s)+1)).isoformat()),note='1900 system; serial 60 is the non-existent 1900-02-29' if s==60 else ''))
    V['excel_serial']=X
    # conformity with guard band
    C=[]
    for err,mpe,u in [('0.5','1.0','0.3'),('0.8','1.0','0.3'),('0.8','1.0','0.34'),('1.0','1.0','0.3'),('1.31','1.0','0.3'),('1.3','1.0','0.3'),('-0.7','1.0','0.3'),('-0.71','1.0','0.3'),('-1.2','1.0','0.3'),('1.4','1.0','0.4'),('1.39','1.0','0.4'),('0.6','1.0','0.4'),('0.61','1.0','0.4')]:
        e,M,U_=abs(D(err)),D(mpe),D(u)
        small=U_*3<=M
        if small: v='PASS' if e<=M else 'FAIL'
        else: v='PASS' if e<=M-U_ else 'FAIL' if e>=M+U_ else 'INDETERMINATE'
        g='PASS' if e<=M-U_ else 'FAIL' if e>=M+U_ else 'INDETERMINATE'
        C.append(dict(error=err,mpe=mpe,U=u,ratio_ok=small,jjf1094=v,always_guarded=g))
    V['conformity']=C
    V['cmc_check']=[dict(U=u,cmc=c,accept=D(u)>=D(c)) for u,c in [('0.6','0.5'),('0.5','0.5'),('0.49','0.5')]]
    # cmc linear form  U = a + b*L
    V['cmc_formula']=[dict(form='(0.10 + 1.0 L) um, L in m',L_m=l,U_um=plain(round_sig(D('0.10')+D('1.0')*D(l),2))) for l in ['0.01','0.1','0.5','1']]
    # A3 (published test results of the open-source package suncal, repository sandialabs/suncal)
    def a3(x,n,I0,Rt,b=2.0,conf=0.5,mind=5):
        cdf=sum(math.comb(n,k)*Rt**k*(1-Rt)**(n-k) for k in range(x+1)); R=x/n
        Q=1-2*cdf; f=max(1/b,10**((R-Rt)*Q)); return round(Q,4), round(f*I0,1), round(f*I0) if Q>conf and abs(f*I0-I0)>=mind else I0
    V['interval_a3_lower_side']=[dict(in_tolerance=x,n=n,I0=i,target=t,confidence_threshold=c,rejection_confidence=a3(x,n,i,t,conf=c)[0],calculated=a3(x,n,i,t,conf=c)[1],recommended=a3(x,n,i,t,conf=c)[2]) for x,n,i,t,c in [(15,20,365,.95,.5),(14,20,365,.95,.5),(16,20,730,.95,.5),(42,50,365,.9,.3),(18,20,365,.95,.5),(3,20,365,.95,.5)]]
    V['interval_a3_published']=[dict(in_tolerance=15,n=20,I0=365,target='0.95',interval=231),dict(in_tolerance=14,n=20,I0=365,target='0.95',interval=205),dict(in_tolerance=16,n=20,I0=730,target='0.95',interval=523)]
    # money
    M=[]
    for p,q_,disc in [('70.00',3,'1'),('0.005',1,'1'),('12.345',1,'1'),('12.355',1,'1'),('100',3,'0.85')]:
        amt=D(p)*q_*D(disc); M.append(dict(unit_price=p,quantity=q_,discount=disc,amount_half_up=plain(half_up(amt,2)),amount_half_even=plain(round_places(amt,2))))
    V['money']=M
    tax=[]
    for gross,rate in [('106.00','0.06'),('100.00','0.06'),('1.00','0.06'),('333.33','0.06')]:
        net=half_up(D(gross)/(1+D(rate)),2); tax.append(dict(gross=gross,rate=rate,net=plain(net),tax=plain(half_up(D(gross)-net,2))))
    V['invoice_split']=tax
    V['verify_code']=dict(key='test-key',check_known=dict(payload='A12425GABC1234002',check=iso7064_37_36('A12425GABC1234002')),vectors=[dict(no=a,date=b,code=verify_code('test-key',a,b)) for a,b in [('SZJL2024-00001','2024-03-05'),('SZJL2024-00002','2024-03-05'),('SZJL2024-00001','2024-03-06')]])
    json.dump(V,open(sys.argv[1],'w'),ensure_ascii=False,indent=1)
    return V
if __name__=='__main__':
    V=main()
    for k,v in V.items(): print(k, json.dumps(v,ensure_ascii=False)[:1500])
