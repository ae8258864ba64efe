"""Makes `normal_forms.txt`, the forms in which texts are compared:

python -m model.lexicon.variants > model/normal_forms.txt

The table is a file of its own and not derived anew: the hashes of held-out poems rest on it, and another version of
OpenCC would move them.
"""

from __future__ import annotations

import sys
from typing import Final

import opencc

from model.script import single_conversions

# Groups of the form that is compared (simplified, as OpenCC gives it) and the characters that are taken for it. Source:
# the lines of chinese-poetry that differ in one character alone, by how often two characters are exchanged in them,
# read through by hand: kept where both are one word, left out where poets chose between two (吾 and 我, 常 and 恒).
_GROUPS: Final = (
    "啼嗁 雁鴈 猿猨 扫埽 疏疎踈 蹄蹏 惟唯 淫滛 妒妬 剑劒 欹敧 翻飜 阶堦 歧岐 樽罇尊 沉沈 驴馿 映暎 棹櫂 燕鷰 "
    "莺鶑 锁鏁 邻隣 发髪 着著 剪翦 隐隠 递遰 俯俛 阑欄栏 幡旛 系繋 鸦鵶 佩珮 窗窻窓牕 傍旁 羁羇覊 懒嬾 并竝 "
    "惭慙 仙僊 岩嵓 巅巓 敛歛 愧媿 只祇祗秪 暖煖 萼蕚 梨棃 奈柰 柏栢 暂蹔 遍徧 迥逈 丘邱 辄輙 场塲 盏醆 蕊蘂 "
    "郁鬰 茅茆 妆粧 舄舃 软輭 答荅 带帯 堤隄 瘦痩 瓶缾 杯桮盃 驼駞 叫呌 倘儻傥 净凈浄 渴渇 岁歳 琉瑠 筇笻 "
    "乃廼 卮巵 裙帬 熏薰 宽寛 略畧 沙砂 碗椀 檗蘗 耀曜 回廻迴 毗毘 戏戯 欢懽 冈崗岗 漱潄 嗔瞋 高髙 踏蹋 缠纒 "
    "敝弊 睹覩 胭臙 强彊 远逺 阔濶 丛藂 飘漂 陇壠垅 檐簷 蒂蔕 误悞悮 炉罏鑪𬬻 稚穉 帏帷 圆圜 粘黏 鳌鼇 概槩 "
    "闹閙 球毬 没歿殁 犁犂 焰燄 脍鱠鲙 锄鉏 笺牋 旆斾 袅嫋褭 赖頼 斗鬬鬭 皋臯 楫檝 欣忻 凤鳯 间閒闲 复覆 仿彷 "
    "钟锺"
)

_HEADING: Final = (
    "# model/lexicon/variants.py with OpenCC {version}: the form that is compared, then the characters that are taken "
    "for it\n"
)


def make_table() -> str:
    """The table: simplified characters of OpenCC, one by one, with glyph variants joined."""
    steps = single_conversions("t2s") | {variant: group[0] for group in _GROUPS.split() for variant in group[1:]}
    members: dict[str, str] = {}
    for char in sorted(steps):
        form = char
        while form in steps:
            form = steps[form]
        members[form] = members.get(form, "") + char
    lines = [form + members[form] + "\n" for form in sorted(members)]
    return _HEADING.format(version=opencc.__version__) + "".join(lines)


if __name__ == "__main__":
    sys.stdout.buffer.write(make_table().encode())
