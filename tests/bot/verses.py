"""Famous poems that the tests of the craft speak of."""

HERON_TOWER = "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。"
"""登鹳雀楼, 王之渙: keeps every rule."""
QINGMING = "清明时节雨纷纷，路上行人欲断魂。\n借问酒家何处有，牧童遥指杏花村。"
"""清明, ascribed to 杜牧: its first line rhymes in a neighbouring group."""
SPRING_MORNING = "春眠不觉晓，处处闻啼鸟。\n夜来风雨声，花落知多少。"
"""春曉, 孟浩然: not regulated, and rhymes in an oblique group."""
