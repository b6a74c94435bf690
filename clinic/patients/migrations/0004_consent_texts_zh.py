"""The first version of the consent texts in Simplified Chinese.

Translated by the project; reviewed: no (by no native speaker yet).
"""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TEXTS = {
    "care": (
        "我同意本诊所在我做一些简短的动作时拍摄我的面部。视频没有声音。"
        "诊所会把视频和我的健康档案一起保存在安全的地方。只有照顾我的人可以观看这些视频。"
        "我可以随时停止。如果我不同意，我得到的医疗照顾不会改变。"
    ),
    "analysis": (
        "我同意诊所用电脑程序测量我的面部在这些视频中是怎样活动的。"
        "测量结果可以帮助诊所了解我的面部活动有没有变化。这个程序还在测试中。"
        "它不会判断我有没有患病。"
    ),
    "training": (
        "我同意诊所使用我的面部测量数据来改进这个程序。这样做时不会使用我的姓名。"
        "我可以不同意这一项，仍然接受拍摄和测量。"
    ),
    "teaching": (
        "我同意诊所把我的视频放给医生、护士和学生看，用于教学。他们能在视频中看到我的脸。"
        "我的姓名不会显示出来。我可以只不同意这一项。"
    ),
}


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    consent_text = apps.get_model("patients", "ConsentText")
    for purpose, body in TEXTS.items():
        consent_text.objects.create(purpose=purpose, version=1, language="zh-hans", body=body)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    texts = apps.get_model("patients", "ConsentText").objects
    texts.filter(clinic__isnull=True, version=1, language="zh-hans").delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("patients", "0003_home_recording")]
    operations: ClassVar = [migrations.RunPython(add, remove)]
