"""Create the tables of orders and clerks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    user_id = sa.Column(
        "user_id",
        sa.String(16),
        sa.ForeignKey(
            "authsite_user.id", name="fk_order_user_id_authsite_user", ondelete="CASCADE"
        ),
        nullable=False,
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Integer(), primary_key=True),
        user_id,
        sa.Column("article", sa.String(200), nullable=False),
        sa.Column("delivered_at", sa.DateTime()),
    )
    op.create_index("ix_order_user_id", "order", ["user_id"])
    op.create_table(
        "clerk",
        sa.Column(
            "user_id",
            sa.String(16),
            sa.ForeignKey(
                "authsite_user.id", name="fk_clerk_user_id_authsite_user", ondelete="CASCADE"
            ),
            primary_key=True,
        ),
    )


def downgrade():
    op.drop_table("clerk")
    op.drop_table("order")
