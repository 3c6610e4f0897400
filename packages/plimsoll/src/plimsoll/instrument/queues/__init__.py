"""Queues, and the loops that work on what comes out of them, as metrics and spans; RabbitMQ through pika."""
