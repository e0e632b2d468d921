"""What the demo's shop sells: word lists of brands, goods and sizes, ten categories, all invented."""

from __future__ import annotations

from dataclasses import dataclass

_SEP = "|"


@dataclass(frozen=True)
class Brand:
    """A made-up brand; `tier` scales its prices."""

    zh: str
    en: str
    tier: float


@dataclass(frozen=True)
class Item:
    """A kind of goods; `yuan` is the price of the first variant, `variants` are (zh, en, price factor)."""

    zh: str
    en: str
    yuan: float
    variants: tuple[tuple[str, str, float], ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Category:
    """A department: two letters for its SKUs, the word that pictures are chosen by, brands and goods."""

    letters: str
    word: str
    brands: tuple[Brand, ...]
    items: tuple[Item, ...]


def _brands(text: str) -> tuple[Brand, ...]:
    pairs = [entry.split("=") for entry in text.split(_SEP)]
    return tuple(Brand(zh.strip(), en.strip(), 0.9 + 0.08 * n) for n, (zh, en) in enumerate(pairs))


def _sizes(text: str) -> tuple[tuple[str, str, float], ...]:
    rows = [entry.split("=") for entry in text.split(_SEP)]
    return tuple((zh.strip(), en.strip(), float(factor)) for zh, en, factor in rows)


def _items(text: str, sizes: str, flags: tuple[str, ...] = ()) -> tuple[Item, ...]:
    variants = _sizes(sizes)
    rows = [line.split("=") for line in text.strip().splitlines()]
    return tuple(Item(zh.strip(), en.strip(), float(yuan), variants, flags) for zh, en, yuan in rows)


_LEAF = "50克=50 g=1|100克=100 g=1.85|125克罐装=125 g tin=2.4|250克=250 g=4.3"
_BAGS = "15袋=15 bags=1|25袋=25 bags=1.55|50袋=50 bags=2.8"
_BITES = "68克=68 g=1|108克=108 g=1.5|188克=188 g=2.4|306克分享装=306 g sharing bag=3.6"
_BOTTLES = "330毫升=330 ml=1|500毫升=500 ml=1.35|1升=1 l=2.3|1.5升=1.5 l=3"
_SPIRITS = "100毫升=100 ml=1|250毫升=250 ml=2.3|500毫升=500 ml=4.2|500毫升礼盒=500 ml gift box=5"
_WEIGHTS = "500克=500 g=1|1千克=1 kg=1.9|2.5千克箱装=2.5 kg crate=4.4"
_GLAZES = "青瓷=celadon=1.2|影青=shadow blue=1.15|甜白=sweet white=1|霁蓝=deep blue=1.3|米黄=rice yellow=1.05"
_REFILLS = "500克=500 g=1|1千克=1 kg=1.8|2千克=2 kg=3.3|补充装500克=500 g refill=0.85"
_CARE = "30毫升=30 ml=1|50毫升=50 ml=1.5|100毫升=100 ml=2.6|旅行装15毫升=15 ml travel size=0.6"
_SHEETS = "1片=1 sheet=1|5片=5 sheets=4.5|10片=10 sheets=8.4"
_BALMS = "3.5克=3.5 g=1|3.5克双支装=3.5 g twin pack=1.8|8克罐装=8 g tin=1.5"
_COLOURS = "墨黑=ink black=1|石青=azurite=1|朱红=vermilion=1|藤黄=gamboge=1"
_COLOURS_AND_SET = _COLOURS + "|12色套装=12-colour set=6.5"
_BOXES = "小号=small=1|中号=medium=1.4|大号=large=1.9|礼盒装=gift box=2.4"
_FITS = (
    "本白 S=natural S=1|本白 M=natural M=1|本白 L=natural L=1|青黛 S=slate blue S=1.05"
    "|青黛 M=slate blue M=1.05|青黛 L=slate blue L=1.05"
)

CATEGORIES: tuple[Category, ...] = (
    Category(
        "TE",
        "tea",
        _brands("云岫=Yunxiu|松间=Songjian|山止=Shanzhi|半亩茶园=Half Acre|雾里=Wuli|谷雨集=Guyu"),
        _items(
            """明前龙井=Pre-Qingming Longjing=88
            碧螺春=Biluochun Green Tea=72
            茉莉银针=Jasmine Silver Needle=66
            正山小种=Lapsang Souchong=58
            祁门红茶=Keemun Black Tea=52
            铁观音=Tieguanyin Oolong=49
            凤凰单丛=Phoenix Dancong=78
            熟普洱=Ripe Pu'er=45
            白牡丹=White Peony Tea=62""",
            _LEAF,
        )
        + _items(
            """桂花乌龙茶包=Osmanthus Oolong Tea Bags=26
            荞麦茶包=Buckwheat Tea Bags=18
            菊花枸杞茶包=Chrysanthemum and Goji Tea Bags=22""",
            _BAGS,
        ),
    ),
    Category(
        "PO",
        "homeware",
        _brands("越窑坊=Yue Kiln|白瓦=Baiwa|器里=Qili|素胚=Supei|一炉=Yilu"),
        _items(
            """品茗杯=Tasting Cup=28
            盖碗=Gaiwan=68
            公道杯=Sharing Pitcher=56
            茶壶=Teapot=128
            饭碗=Rice Bowl=24
            汤碗=Soup Bowl=36
            浅盘=Shallow Plate=32
            鱼盘=Fish Platter=58
            马克杯=Mug=42
            调味罐=Seasoning Jar=34""",
            _GLAZES,
        ),
    ),
    Category(
        "SN",
        "snacks",
        _brands("脆脆村=Crisp Village|栗子先生=Mr Chestnut|一口山=Yikoushan|麦浪=Mailang|果小队=Fruit Squad"),
        _items(
            """海盐薯片=Sea Salt Crisps=7.9
            番茄薯片=Tomato Crisps=7.9
            糖炒栗仁=Roasted Chestnuts=14
            每日坚果=Daily Nuts=19
            原味腰果=Plain Cashews=22
            芝麻脆饼=Sesame Crackers=9.5
            桂花糕=Osmanthus Cake=12
            山楂条=Hawthorn Strips=8.5
            芒果干=Dried Mango=13
            海苔卷=Seaweed Rolls=10
            绿豆糕=Mung Bean Cake=11""",
            _BITES,
        ),
    ),
    Category(
        "DR",
        "drinks",
        _brands(
            "泉眼=Spring Eye|橙子树=Orange Tree|气泡星=Bubble Star|早安牧场=Good Morning Farm|一江=Yijiang"
        ),
        _items(
            """天然矿泉水=Natural Mineral Water=2.5
            白桃气泡水=White Peach Sparkling Water=4.9
            鲜榨橙汁=Fresh Orange Juice=8.9
            酸梅汤=Sour Plum Drink=5.5
            无糖乌龙茶=Unsweetened Oolong Tea=4.5
            椰子水=Coconut Water=7.5
            燕麦饮=Oat Drink=9.9
            冷萃咖啡=Cold Brew Coffee=11""",
            _BOTTLES,
        )
        + _items(
            """桂花米酒=Osmanthus Rice Wine=16
            青梅酒=Green Plum Liqueur=24
            高粱酒=Sorghum Spirit=32
            黄酒=Shaoxing Rice Wine=15""",
            _SPIRITS,
            ("alcohol",),
        ),
    ),
    Category(
        "FR",
        "fresh",
        _brands(
            "田间=Tianjian|果园老周=Zhou's Orchard|晨露=Morning Dew|河谷农场=River Valley Farm|山海鲜=Hill and Sea"
        ),
        _items(
            """红富士苹果=Fuji Apples=9.9
            赣南脐橙=Navel Oranges=12
            库尔勒香梨=Fragrant Pears=11
            海南香蕉=Bananas=7.9
            阳光葡萄=Shine Grapes=26
            丹东草莓=Strawberries=29
            水果黄瓜=Snack Cucumbers=8.8
            圣女果=Cherry Tomatoes=10
            云南小土豆=Baby Potatoes=6.5
            铁棍山药=Chinese Yam=15
            西兰花=Broccoli=9
            冰糖心地瓜=Honey Sweet Potatoes=8
            鲜核桃=Fresh Walnuts=19
            黄心猕猴桃=Golden Kiwifruit=24""",
            _WEIGHTS,
        ),
    ),
    Category(
        "HC",
        "homecare",
        _brands("净生活=Clean Living|白桦林=Birch Wood|皂角树=Soap Tree|云朵家=Cloud Home|绿洲=Oasis"),
        _items(
            """洗衣液=Laundry Liquid=16
            洗衣粉=Washing Powder=12
            柔顺剂=Fabric Softener=18
            洗洁精=Washing-up Liquid=9.9
            地板清洁剂=Floor Cleaner=19
            厨房油污净=Kitchen Degreaser=15
            浴室清洁剂=Bathroom Cleaner=17
            玻璃清洁剂=Glass Cleaner=13
            小苏打清洁粉=Baking Soda Cleaner=11
            果蔬清洗剂=Produce Wash=14
            洗手液=Hand Wash=12""",
            _REFILLS,
        ),
    ),
    Category(
        "BE",
        "beauty",
        _brands("花间集=Huajian|水色=Shuise|珍珠里=Pearl Lane|草木方=Caomu|初雪=First Snow"),
        _items(
            """玫瑰护手霜=Rose Hand Cream=29
            茶树洁面乳=Tea Tree Face Wash=39
            珍珠面霜=Pearl Face Cream=89
            人参精华=Ginseng Serum=119
            防晒乳=Sun Lotion=69
            桂花身体乳=Osmanthus Body Lotion=45
            山茶花发油=Camellia Hair Oil=58
            卸妆油=Cleansing Oil=65
            艾草沐浴露=Mugwort Shower Gel=32""",
            _CARE,
        )
        + _items(
            """绿豆面膜=Mung Bean Face Mask=12
            竹炭面膜=Bamboo Charcoal Face Mask=14""",
            _SHEETS,
        )
        + _items("蜂蜜润唇膏=Honey Lip Balm=19", _BALMS),
    ),
    Category(
        "ST",
        "stationery",
        _brands("砚台=Inkstone|小楷=Xiaokai|纸飞机=Paper Plane|格子铺=Grid Shop|书签=Bookmark"),
        _items(
            """中性笔=Gel Pen=3.5
            荧光笔=Highlighter=4.5
            马克笔=Marker Pen=6
            水彩笔=Watercolour Brush Pen=5.5
            彩色铅笔=Coloured Pencil=3""",
            _COLOURS_AND_SET,
        )
        + _items(
            """钢笔=Fountain Pen=39
            自动铅笔=Mechanical Pencil=12
            墨水=Bottled Ink=22
            印泥=Seal Paste=26
            线装本=Thread-bound Notebook=15""",
            _COLOURS,
        ),
    ),
    Category(
        "TO",
        "toys",
        _brands("木头人=Wooden Man|小满=Xiaoman|拨浪鼓=Rattle Drum|七巧屋=Tangram House|风车=Pinwheel"),
        _items(
            """积木城堡=Castle Building Blocks=49
            木制小火车=Wooden Train=59
            七巧板=Tangram=19
            布偶兔=Cloth Rabbit=45
            拼图·清明上河=River Scroll Jigsaw=39
            竹蜻蜓=Bamboo Copter=9.9
            风筝=Kite=29
            孔明锁=Burr Puzzle=25
            皮影套装=Shadow Puppet Kit=66
            儿童围棋=Children's Go Set=55
            陶泥手作=Clay Craft Kit=42""",
            _BOXES,
        ),
    ),
    Category(
        "CL",
        "clothing",
        _brands("棉里=Mianli|织机=Loom|青衫=Qingshan|麻与棉=Linen and Cotton|暖冬=Warm Winter"),
        _items(
            """纯棉T恤=Cotton T-shirt=59
            亚麻衬衫=Linen Shirt=139
            针织开衫=Knitted Cardigan=169
            棉麻长裤=Cotton Linen Trousers=149
            家居服=Loungewear Set=119
            棉袜三双装=Cotton Socks, 3 Pairs=29
            羊毛背心=Wool Waistcoat=129
            帆布围裙=Canvas Apron=69""",
            _FITS,
        ),
    ),
)
"""Ten departments; each has at least 200 distinct (brand, item, variant)."""
