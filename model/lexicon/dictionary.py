"""What the dictionaries know of characters, before poets are asked: 廣韻 through tshet-uinh, and what it lacks.

Needs tshet-uinh, which only the making of the tables and its tests import: what runs reads `readings.txt` alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import tshet_uinh

from model.prosody import GROUPS
from model.script import normal_forms, single_conversions

# The 206 rhymes of 廣韻 (韻目, each of one tone) in the 106 groups of 平水韵: the group, then the rhymes in it. What
# does not follow the rest: 嚴 儼 釅 go with 鹽 添, but their 業 with 洽; 廢 with 隊; 拯 等 with 迥, 證 嶝 with 徑.
# 琰 is also called 儉. Source: 王力, 漢語詩律學.
_RHYMES: Final = (
    "東東 冬冬鍾 江江 支支脂之 微微 魚魚 虞虞模 齊齊 佳佳皆 灰灰咍 真真諄臻 文文欣 元元魂痕 寒寒桓 刪刪山 先先仙 "
    "蕭蕭宵 肴肴 豪豪 歌歌戈 麻麻 陽陽唐 庚庚耕清 青青 蒸蒸登 尤尤侯幽 侵侵 覃覃談 鹽鹽添嚴 咸咸銜凡 "
    "董董 腫腫 講講 紙紙旨止 尾尾 語語 麌麌姥 薺薺 蟹蟹駭 賄賄海 軫軫準 吻吻隱 阮阮混很 旱旱緩 潸潸產 銑銑獮 "
    "篠篠小 巧巧 皓晧 哿哿果 馬馬 養養蕩 梗梗耿靜 迥迥拯等 有有厚黝 寢寑 感感敢 琰琰忝儼 豏豏檻范 "
    "送送 宋宋用 絳絳 寘寘至志 未未 御御 遇遇暮 霽霽祭 泰泰 卦卦怪夬 隊隊代廢 震震稕 問問焮 願願慁恨 翰翰換 諫諫襇 "
    "霰霰線 嘯嘯笑 效效 號号 箇箇過 禡禡 漾漾宕 敬映諍勁 徑徑證嶝 宥宥候幼 沁沁 勘勘闞 豔豔㮇釅 陷陷鑑梵 "
    "屋屋 沃沃燭 覺覺 質質術櫛 物物迄 月月沒 曷曷末 黠黠鎋 屑屑薛 藥藥鐸 陌陌麥昔 錫錫 職職德 緝緝 合合盍 葉葉怗 "
    "洽洽狎業乏"
)

GROUP_OF_RHYME: Final[Mapping[str, str]] = {rhyme: entry[0] for entry in _RHYMES.split() for rhyme in entry[1:]}
"""The group of 平水韵 that each rhyme of 廣韻 belongs to."""

# Readings that 廣韻 lacks, or has under another glyph alone. Source: the words at which Tang poems that otherwise keep
# tones and rhyme break them, and the characters of these poems that 廣韻 lacks; read through by hand.
_EXTRAS: Final = (
    "涯麻 娃麻 崙元 犂齊 舡先 強養 樣漾 阿哿 歛琰豔 攢寒 漫寒 探勘 澌支齊 粗虞 判寒 麽歌 麼歌 茆肴 拖歌 膻先 汚遇 桁漾 "
    "崦琰 啞麻 杆寒 驔覃 搴先 咬巧 嬈蕭 娉青 吒麻 疴歌 魂元 瀟蕭 鞍寒 聯先 皓皓 韓寒 迤支紙 烹庚 煮語 胸冬 享養 "
    "匝合 你紙 髭支 拆陌 緲篠 玳隊 熳翰 槁皓 鶒職 冪錫 暌齊 嫦陽 蝴虞 姮蒸 潑曷 勾尤 鷥支 罕旱 鶺陌 淘豪 撐庚 "
    "耗號 婷青 祛魚 腮灰 壖先 搘支 肇篠 縲支 爺麻 孽屑 殼覺 廄宥 嶤蕭 徭蕭 拽霽屑 恓齊 鶗齊 咒宥 濾御 賺陷 樗魚 "
    "柿紙 鸊錫 壟腫 玫灰 婀哿 撒曷 冗腫 焙隊 嗅宥 緡真 葡虞 扼陌 蚋霽 澘刪 餳庚 撇屑 薝鹽 沍遇 晰錫 鱉屑 唼洽 "
    "劚沃 橤紙 嘿職 勗沃 磚先 琊麻 簴語 嘴紙 撾麻 幛漾 揶麻 婿霽 朣東 嶄咸 窩歌 匼合 蠨蕭 颶遇 卨屑 潨東 匆東 "
    "挍效 簌屋 璈豪 瘟元 橛月 餵寘 絏屑 冏梗 滾阮 逤箇 塌合 漩先霰 軛陌 搬寒 栧霽 摹虞 娼陽 垞麻 艓葉 瑪馬 瑙皓 "
    "螂陽 榕冬 齠蕭 奩鹽 蠕先銑 甪屋 怎寢 晌漾 倆養 谹蒸 褪願 菂錫 咂合 胚灰 猧歌 觫屋 厫豪 毶覃 皞皓 蟏蕭 皈微 "
    "朐虞 砣歌 霮感 囝銑 堘蒸 阨陌 吚支 籯庚 耍馬 圞寒 做箇 熔冬 倮哿 萵歌 碇徑 茉曷 撶麻 睬賄 辣曷 懨鹽 擦曷 "
    "贐震 瀠庚 嫜陽 榿支 襴寒 罫卦 痺寘 髹尤 蟛庚 氃東 汊禡 砒齊 疳覃 騞陌 罡陽"
)

# Glyphs that 廣韻 lacks and OpenCC does not join with any that it has, each before the one that it is written for.
_GLYPHS: Final = (
    "讐讎 秖祗 趂趁 飡餐 徴徵 歘欻 峩峨 怱悤 衞衛 湼涅 郄郤 磵澗 轝輿 尅剋 廐廄 恡吝 撃擊 斵斲 陁陀 羗羌 麄麤 "
    "倂併 隟隙 翺翱 緫總 糵櫱 頴穎 啣銜 氊氈 刼劫 躭耽 飈飆 敍敘 覔覓 狥徇 畊耕 覷覰 頳赬 駈驅 憇憩 崪崒 餙飾 "
    "噀潠 蟇蟆 箆篦 塼甎 抝拗 倐倏 糺糾 葅菹 粃秕 墖塔 隲騭 埜野 虀齏 薫薰 徃往 騘驄 茘荔 顚顛 惣總 竃竈 擕攜 "
    "逓遞 剏創 糢模 酧酬 囓齧 嘷嗥 嬝嫋 蒭芻 熖焰 蕋蕊 馀餘 卭邛 絚緪 刦劫 尫尪 髩鬢 撑撐 裩褌 慿憑 亷廉 幙幕 "
    "篛箬 韲齏 鵞鵝 勌倦 橰槔 揑捏 膓腸 鵄鴟 涙淚 繍繡 嚻囂 謩謨 葢蓋 冐冒 騐驗 眀明 曽曾 㑹會 喩喻 楡榆 輧軿 "
    "匄丐 寃冤 槖橐 皥皞 䂓規 甽畎 掻搔 飇飆 囘回 㸃點 乹乾 埓埒 熈熙 戞戛 廵巡 揔總 罸罰 姧姦 賖賒 㝵礙 翶翱 "
    "呑吞 㝠冥 藳稾 筓笄 蔲蔻 殻殼 牗牖 扄扃 桉案 幂冪 甦蘇 薗園 韮韭 衘銜 坵丘 棕椶 髠髡"
)


def dictionary_readings() -> dict[str, str]:
    """The groups of each character, their names joined: those of 廣韻 in its order, then the extras.

    The dozen entries that stand under a rhyme of another tone than their own, all of rare characters, are left out.

    Raises:
        KeyError: 廣韻 has a rhyme that is mapped to no group.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for character, rhyme, tone in _entries():
        group = GROUP_OF_RHYME[rhyme]
        if GROUPS[group] == tone:
            found[character][group] = None
    for entry in _EXTRAS.split():
        found[entry[0]] |= dict.fromkeys(entry[1:])
    return {character: "".join(names) for character, names in found.items()}


def rhymes_of_guangyun() -> Counter[tuple[str, str]]:
    """The rhymes of 廣韻 under which there are entries, each with the tone of the entry, and how many there are."""
    return Counter((rhyme, tone) for _, rhyme, tone in _entries())


def _entries() -> Iterator[tuple[str, str, str]]:
    """Each entry of 廣韻: the character, the rhyme under which it stands, its tone."""
    for entries in tshet_uinh.資料.m字頭檢索.values():
        for entry in entries:
            found = tshet_uinh.資料.結果from內部結果(entry)
            yield found.字頭, found.來源.韻目, found.音韻地位.聲


def standard_forms(known: Collection[str]) -> dict[str, str]:
    """For each glyph of another standard the known characters that it stands for, joined.

    Simplified: 发 for 發 and 髮. Of Taiwan, Hong Kong and Japan: 為 for 爲.
    """
    joined = _inverted(single_conversions("t2s"))
    for configuration in ("tw2t", "hk2t", "jp2t"):
        for glyph, standard in single_conversions(configuration).items():
            joined.setdefault(glyph, standard)
    return {glyph: found for glyph, forms in joined.items() if (found := _among(known, glyph, forms))}


def glyphs(known: Collection[str]) -> dict[str, str]:
    """For each glyph the known characters that it is written for, joined: 发 for 發 and 髮, 讐 for 讎.

    A known character is there as well where it is the simplified form of others: 干. None has itself among these.

    Args:
        known: characters that have readings.
    """
    simplified = set(single_conversions("t2s").values())
    found = {
        glyph: forms for glyph, forms in standard_forms(known).items() if glyph not in known or glyph in simplified
    }
    for form, variants in _inverted(normal_forms()).items():
        for character in form + variants:
            # After the standards: these groups also join characters that only sometimes mean the same.
            if character not in known and character not in found:
                found[character] = _among(known, character, form + variants)
    for pair in _GLYPHS.split():
        glyph, standard = pair[0], pair[1]
        if glyph not in known:
            found[glyph] = standard if standard in known else found.get(standard, "")
    return {glyph: forms for glyph, forms in found.items() if forms}


def _inverted(table: Mapping[str, str]) -> dict[str, str]:
    joined: dict[str, str] = defaultdict(str)
    for old, new in table.items():
        joined[new] += old
    return joined


def _among(known: Collection[str], character: str, forms: str) -> str:
    return "".join(form for form in forms if form in known and form != character)
