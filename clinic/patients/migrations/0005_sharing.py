"""A fifth purpose, sharing, with the first version of its text.

The Chinese was translated by the project; reviewed: no (by no native speaker yet).
"""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TEXTS = {
    "en": (
        "I agree that my clinic may give researchers the measures of my face and the points that "
        "follow it. They get a code in place of my name, my dates are shifted, and "
        "my films stay here. What they have already got cannot be called back. I can say no to "
        "this alone. My care stays the same."
    ),
    "zh-hans": (
        "我同意诊所把我的面部测量数据和记录面部活动的标记点提供给研究人员。"
        "他们看到的是代号，不是我的姓名；日期经过改动；我的视频留在诊所。"
        "已经提供出去的数据无法收回。我可以只不同意这一项。我得到的医疗照顾不会改变。"
    ),
}


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    consent_text = apps.get_model("patients", "ConsentText")
    for language, body in TEXTS.items():
        consent_text.objects.create(purpose="sharing", version=1, language=language, body=body)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("patients", "ConsentText").objects.filter(purpose="sharing").delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("patients", "0004_consent_texts_zh")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="consenttext",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("care", "My care: recording and keeping my films"),
                    ("analysis", "Measuring my films by computer"),
                    ("training", "Improving the measuring program"),
                    ("teaching", "Teaching health staff"),
                    ("sharing", "Sharing coded measures with researchers"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(add, remove),
    ]
